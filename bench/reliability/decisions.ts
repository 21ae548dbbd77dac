import type { CommandRequest } from '#assure/guard/request';
import { assert } from '#base/assert';
import { createRandom } from '#base/random';
import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { type HazardRisk, hazardRisks } from '#mirror/twin/hazard-risk';
import { RISK_HORIZON_MIN } from '#mirror/twin/risk-scores';
import type { VirtualPatient } from '#model/physiology/patient-model';
import type { ThingValue } from '#model/thing/message';
import { riskOf } from '#platform/risk';
import { type ExerciseDefinition, UNDEFENDED } from '#simulate/exercise/exercise-definition';
import { specificationOf } from '#simulate/exercise/run-ward';
import type { Ward } from '#simulate/exercise/scenario';
import { createWard, type SimulatedWard } from '#simulate/world/ward';

/** What was stated at one moment, and what became of it. */
export interface Decision {
  readonly command: 'none' | 'bolus' | 'temporary-basal';
  /** Undefined where the risk could not be told. */
  readonly stated: readonly HazardRisk[] | undefined;
  /** True plasma glucose over the horizon. */
  readonly lowest: MgPerDl;
  readonly highest: MgPerDl;
}

export interface Life {
  readonly definition: ExerciseDefinition;
  readonly ward: Ward;
  readonly patient: VirtualPatient;
  readonly commissioned: CommissionedModel;
  readonly label: string;
  readonly days: number;
}

const DAY: Minutes = 1_440;
/** Nothing is asked while the twin does not know what the body held before. */
const RUN_IN: Minutes = DAY / 2;
/** Of the daily dose: from what nobody would notice to more than any meal of these lives calls for. */
const BOLUS_SHARE = { least: 0.01, most: 0.2 } as const;
/** Multiples of the basal rate, up to the pump's limit. */
const MOST_RATE = 4;
const DURATIONS: readonly Minutes[] = [30, 60, 120];
/** A pump's step. */
const inTwentieths = (amount: number): number => Math.round(amount * 20) / 20;

/**
 * Lives through days on which every second day somebody with an account commands something, at a random minute and of a random
 * size, and nothing refuses it. Its risk is told just before. The risk of doing nothing is told every four hours where no command
 * falls into the window and none was given in the day before. No two windows overlap.
 */
export function decisionsOf(life: Life): readonly Decision[] {
  const { definition, patient, commissioned, label, days } = life;
  const ward = { ...life.ward, startMinute: 0 };
  const horizonMin = days * DAY;
  const request = { ward, defenceSet: UNDEFENDED, patient, horizonMin, commissioned };
  const simulated = createWard(specificationOf(definition, request, label, []));
  const commands = commandsOf(life);
  const startedAt = simulated.queue.now();
  simulated.start();
  const glucose: MgPerDl[] = [];
  const made: { readonly minute: Minutes; readonly decision: Pick<Decision, 'command' | 'stated'> }[] = [];
  let quietFrom = RUN_IN;
  for (let minute = 0; minute < horizonMin; minute += 1) {
    glucose.push(simulated.body.plasmaGlucose);
    const command = commands.find((each) => each.minute === minute);
    const next = commands.find((each) => each.minute > minute)?.minute ?? horizonMin;
    if (command !== undefined) {
      made.push({ minute, decision: commanded(simulated, command) });
      quietFrom = minute + DAY;
    } else if (minute >= quietFrom && minute + RISK_HORIZON_MIN < next) {
      made.push({ minute, decision: nothingDone(simulated) });
      quietFrom = minute + RISK_HORIZON_MIN;
    }
    simulated.queue.runUntil(startedAt + (minute + 1) * MINUTE);
  }
  return made.map(({ minute, decision }) => {
    const window = glucose.slice(minute, minute + RISK_HORIZON_MIN + 1);
    return { ...decision, lowest: Math.min(...window), highest: Math.max(...window) };
  });
}

interface TimedCommand {
  readonly minute: Minutes;
  readonly command: 'bolus' | 'temporary-basal';
  readonly action: string;
  readonly input: Readonly<Record<string, ThingValue>>;
}

/** A controller replaces a temporary basal within minutes, so that there only boluses are commanded. */
function commandsOf({ definition, ward, patient, label, days }: Life): readonly TimedCommand[] {
  const random = createRandom(`${definition.seed}/${patient.id}/${label}/commands`);
  return Array.from({ length: Math.floor(days / 2) }, (_, index) => {
    const minute = (2 * index + 1) * DAY - RISK_HORIZON_MIN + random.integer(0, DAY - 1);
    if (ward.controller === 'pid' || random.chance(0.6)) {
      const share = Math.exp(random.uniform(Math.log(BOLUS_SHARE.least), Math.log(BOLUS_SHARE.most)));
      const units = inTwentieths(share * patient.totalDailyInsulin);
      return { minute, command: 'bolus', action: 'bolus', input: { units } };
    }
    const rate = inTwentieths(random.uniform(0, MOST_RATE) * patient.basalRate);
    const durationMin = DURATIONS[random.integer(0, DURATIONS.length - 1)]!;
    return { minute, command: 'temporary-basal', action: 'setTemporaryBasal', input: { rate, durationMin } };
  });
}

const nothingDone = ({ platform, queue }: SimulatedWard): Pick<Decision, 'command' | 'stated'> => ({
  command: 'none',
  stated: hazardRisks(platform.platform.twin(), [], queue.now()),
});

function commanded(
  ward: SimulatedWard,
  { command, action, input }: TimedCommand,
): Pick<Decision, 'command' | 'stated'> {
  const now = ward.queue.now();
  const stated = riskOf(requestOf(action, input, now), ward.platform.platform.twin(), now)?.ifDone;
  const { outcome } = ward.points['platform-account'].requestCommand({ thing: 'pump', action, input });
  assert(outcome === 'permitted', 'nothing refuses the command');
  return { command, stated };
}

const requestOf = (action: string, input: TimedCommand['input'], at: Millis): CommandRequest => ({
  id: 'bench',
  thing: 'pump',
  action,
  input,
  requester: 'caregiver',
  origin: 'person',
  at,
});
