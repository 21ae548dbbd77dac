import type { CommandLedger } from '#assure/guard/command-ledger';
import type { CheckSetting, GuardPolicy } from '#assure/guard/policy';
import type { CommandRequest } from '#assure/guard/request';
import type { SampleContext } from './sample.ts';

/**
 * The guard's decision on a bolus in as few words as it can be said: permitted exactly when the policy lists the action with
 * checks and every one of them holds. Naive on purpose: no reasons, no shared code.
 */
export function permitsBolus(request: CommandRequest, context: SampleContext, policy: GuardPolicy): boolean {
  const entry = policy.actions[request.action];
  if (entry === undefined) return false;
  if (entry.checks.length === 0) return entry.permitAuthorised === true;
  // an amount that is no number cannot be judged by anything
  if (!Number.isFinite(request.input['units'])) return false;
  return entry.checks.every((check) => holds(check, request, context));
}

function holds(check: CheckSetting, { input, requester }: CommandRequest, context: SampleContext): boolean {
  const { now, twin, ledger } = context;
  const units = input['units'] as number;
  const reported = (thing: string, name: string) => twin.reported[thing]![name]!;
  const value = (thing: string, name: string) => reported(thing, name).value as number;
  const fresh = ({ at, receivedAt }: { at: number; receivedAt: number }, minutes: number) =>
    now - at <= minutes * 60_000 && now - receivedAt <= minutes * 60_000;
  if (check.kind === 'incident') return context.openIncidents.length === 0;
  if (check.kind === 'rate') {
    const mine = ledger.commands.filter((past) => past.requester === requester || past.adds);
    return mine.filter((past) => past.at > now - check.windowMin * 60_000).length < check.maxCommands;
  }
  if (check.kind === 'freshness') {
    const pump = fresh(reported('pump', 'bolusDelivered'), check.maxPumpAgeMin);
    return pump && fresh(reported('cgm', 'glucose'), check.maxGlucoseAgeMin);
  }
  if (check.kind === 'dose-envelope') {
    const hour = given(ledger, now - 3_600_000) + units <= check.maxUnitsPerHour;
    const day = given(ledger, now - 86_400_000) + units <= check.maxUnitsPerDay;
    return units > 0 && units <= check.maxUnitsPerRequest && hour && day;
  }
  if (check.kind === 'plausibility') {
    const glucose = value('cgm', 'glucose');
    const correction = (glucose - value('handset', 'targetGlucose')) / value('handset', 'correctionFactor');
    const onTheWay = given({ ...ledger, counted: uncounted(ledger) }, now - 3_600_000);
    const need = Math.max(0, correction - value('handset', 'insulinOnBoard') - onTheWay);
    return (
      fresh(reported('cgm', 'glucose'), 15) &&
      glucose >= check.minGlucoseMgPerDl &&
      units <= need * (1 + check.tolerance) + check.toleranceUnits
    );
  }
  throw new Error(`the reference does not know ${check.kind}`);
}

/** Boluses alone: counted by the pump since, and those commanded since that it cannot have counted. */
function given({ counted, commands }: CommandLedger, since: number): number {
  const { history, from, upTo } = counted['pump'] ?? { history: { samples: [] }, from: Infinity, upTo: -Infinity };
  const before = history.samples.filter((sample) => sample.at <= since).at(-1) ?? history.samples[0];
  const sizeOf = ({ delivery }: CommandLedger['commands'][number]) => delivery!.quantity;
  const late = commands.filter(
    (past) => past.at > since && (past.at < from || upTo < past.at + (10 + sizeOf(past)) * 60_000),
  );
  return (history.latest?.risen ?? 0) - (before?.risen ?? 0) + late.reduce((sum, past) => sum + sizeOf(past), 0);
}

const uncounted = ({ counted }: CommandLedger): CommandLedger['counted'] =>
  Object.fromEntries(Object.entries(counted).map(([thing, known]) => [thing, { ...known, history: { samples: [] } }]));
