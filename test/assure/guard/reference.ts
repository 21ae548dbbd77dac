import type { CommandLedger } from '#assure/guard/command-ledger';
import type { GuardContext } from '#assure/guard/context';
import type { CheckSetting, GuardPolicy } from '#assure/guard/policy';
import type { CommandRequest } from '#assure/guard/request';

/**
 * The guard's decision on a bolus, said in as few words as it can be: permitted exactly when the policy lists the action with
 * checks and every one of them holds. Naive on purpose: no reasons, no shared code.
 */
export function permitsBolus(request: CommandRequest, context: GuardContext, policy: GuardPolicy): boolean {
  const entry = policy.actions[request.action];
  if (entry === undefined) return false;
  if (entry.checks.length === 0) return entry.permitAuthorised === true;
  return entry.checks.every((check) => {
    try {
      return holds(check, request, context);
    } catch {
      return false;
    }
  });
}

function holds(check: CheckSetting, request: CommandRequest, context: GuardContext): boolean {
  const { now, twin, ledger } = context;
  const units = request.input['units'] as number;
  const reported = (thing: string, name: string) => twin.reported[thing]![name]!;
  const value = (thing: string, name: string) => reported(thing, name).value as number;
  const fresh = (thing: string, name: string, minutes: number) =>
    [reported(thing, name).at, reported(thing, name).receivedAt].every((at) => now - at <= minutes * 60_000);
  switch (check.kind) {
    case 'kill-switch':
      return !context.killSwitch;
    case 'incident':
      return context.openIncidents.length === 0 && !(now < (context.remoteCommandsRefusedUntil ?? 0));
    case 'rate': {
      const mine = ledger.commands.filter((past) => past.requester === request.requester);
      return mine.filter((past) => past.at > now - check.windowMin * 60_000).length < check.maxCommands;
    }
    case 'freshness':
      return fresh('pump', 'bolusDelivered', check.maxPumpAgeMin) && fresh('cgm', 'glucose', check.maxGlucoseAgeMin);
    case 'dose-envelope':
      return (
        units > 0 &&
        units <= check.maxUnitsPerRequest &&
        given(ledger, now - 3_600_000) + units <= check.maxUnitsPerHour &&
        given(ledger, now - 86_400_000) + units <= check.maxUnitsPerDay
      );
    case 'plausibility': {
      const glucose = value('cgm', 'glucose');
      const correction = (glucose - value('handset', 'targetGlucose')) / value('handset', 'correctionFactor');
      const need = Math.max(
        0,
        correction - value('handset', 'insulinOnBoard') - given({ ...ledger, bolus: { samples: [] } }, 0),
      );
      return glucose >= check.minGlucoseMgPerDl && units <= need * (1 + check.tolerance) + check.toleranceUnits;
    }
    default:
      return true;
  }
}

function given(ledger: CommandLedger, since: number): number {
  const before = ledger.bolus.samples.filter((sample) => sample.at <= since).at(-1) ?? ledger.bolus.samples[0];
  const told = (ledger.bolus.latest?.total ?? 0) - (before?.total ?? 0);
  const late = ledger.commands.filter(
    (past) => past.at > since && ledger.pumpHeardAt < past.at + (10 + past.units) * 60_000,
  );
  return told + late.reduce((sum, past) => sum + past.units, 0);
}
