import { type CommandLedger, EMPTY_LEDGER, notePermitted } from '#assure/guard/command-ledger';
import type { GuardContext } from '#assure/guard/context';
import type { Decision } from '#assure/guard/decision';
import { decide as decideWith } from '#assure/guard/guard';
import type { GuardPolicy } from '#assure/guard/policy';
import type { CommandRequest } from '#assure/guard/request';
import type { Risk, RiskOf } from '#assure/guard/risk';
import { DAY, MINUTE, type Millis } from '#base/time';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadThingModels } from '#edge/catalog/laboratory';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { applyMessage, createTwin, type Twin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';
import type { ActionAffordance } from '#model/thing/thing-model';

export const NOW = 2 * DAY;

export const STANDARD = readCatalogFile<GuardPolicy>(`${catalogRoot}/policies/guard-standard.yaml`, 'guard-policy');
export const OPEN = readCatalogFile<GuardPolicy>(`${catalogRoot}/policies/guard-open.yaml`, 'guard-policy');

const MODELS = loadThingModels();
const PUMP = MODELS.get('insulin-pump')!;
const MODEL_OF: Readonly<Record<string, string>> = { handset: 'handset', cgm: 'glucose-monitor' };

/** What the delivered Thing Model of a role says of an action; every role that is not listed is a pump. */
export const affordanceOf = ({ thing, action }: Pick<CommandRequest, 'thing' | 'action'>): ActionAffordance =>
  (MODELS.get(MODEL_OF[thing] ?? '') ?? PUMP).actions.get(action) ?? {
    name: action,
    input: new Map(),
    optional: new Set(),
  };

/** The guard's decision, with what the delivered Thing Models say of the action. */
export const decide = (asked: CommandRequest, context: SampleContext, policy: GuardPolicy): Decision =>
  decideWith(asked, { ...context, affordance: affordanceOf(asked) }, policy);

export type SampleContext = Omit<GuardContext, 'affordance'>;

/** A request noted as permitted, with what the delivered Thing Models say of it. */
export const permitted = (ledger: CommandLedger, asked: CommandRequest, at: Millis): CommandLedger =>
  notePermitted(ledger, asked, affordanceOf(asked), at);

/** A report of what the pump counted, as it was received, and the twin that it leaves. */
export function pumpReport(at: Millis, bolusDelivered: number, thing = 'pump'): readonly [DeviceMessage, Twin] {
  const measurements = [{ name: 'bolusDelivered', value: bolusDelivered, at }];
  const content = { kind: 'Report', thing, sentAt: at, measurements } as const;
  const envelope = { sender: 'gateway', thing, sequence: 1, sentAt: at, receivedAt: at } as const;
  const message = { kind: 'DeviceMessage', ...envelope, content } as const;
  return [message, applyMessage(createTwin('subject-1'), message).twin];
}

export interface Sample {
  readonly glucose?: number;
  readonly insulinOnBoard?: number;
  readonly pumpAgeMin?: number;
  readonly glucoseAgeMin?: number;
}

/** A twin of a patient at `glucose` whose devices were heard of `...AgeMin` ago. */
export function sampleTwin(sample: Sample = {}): Twin {
  const table = (ageMin: number, values: Readonly<Record<string, ThingValue>>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const at = NOW - ageMin * MINUTE;
        return [name, { value, at, receivedAt: at }];
      }),
    );
  return {
    ...createTwin('subject-1'),
    reported: {
      cgm: table(sample.glucoseAgeMin ?? 2, { glucose: sample.glucose ?? 250 }),
      pump: table(sample.pumpAgeMin ?? 2, { bolusDelivered: 20, basalProfile: new Array(24).fill(1) }),
      handset: table(2, {
        carbRatio: 10,
        correctionFactor: 40,
        targetGlucose: 110,
        insulinOnBoard: sample.insulinOnBoard ?? 0,
      }),
    },
  };
}

const HORIZON_MIN = 240;

/** Every hazardous situation of the delivered policy with these probabilities; the same if the command is refused. */
export function riskAt(probabilities: Readonly<Record<string, number>>): Risk {
  const hazards = Object.entries({ 'below-54': 0, 'below-70': 0, 'above-350': 0, ...probabilities }).map(
    ([situation, probability]) => ({ situation, probability, low: 0, high: 1 }),
  );
  return { horizonMin: HORIZON_MIN, ifDone: hazards, ifRefused: hazards };
}

/** A body in which every unit lowers glucose by 40 mg/dL and withheld basal raises it by 40 an hour; wrong by `deviation`. */
export function simpleRisk(glucose: number, deviation = 10): RiskOf {
  const risks = (end: number) => {
    const below = (level: number) => 1 / (1 + Math.exp((1.7 * (Math.min(glucose, end) - level)) / deviation));
    const above = (level: number) => 1 / (1 + Math.exp((1.7 * (level - Math.max(glucose, end))) / deviation));
    return riskAt({ 'below-54': below(54), 'below-70': below(70), 'above-350': above(350) }).ifDone;
  };
  const endOf = ({ action, input }: CommandRequest): number => {
    if (action === 'bolus') return glucose - 40 * (input['units'] as number);
    if (action === 'setTemporaryBasal') return glucose - (40 * ((input['rate'] as number) - 1) * HORIZON_MIN) / 60;
    return action === 'suspend' ? glucose + (40 * HORIZON_MIN) / 60 : glucose;
  };
  return (command) => ({ horizonMin: HORIZON_MIN, ifDone: risks(endOf(command)), ifRefused: risks(glucose) });
}

export function sampleContext(change: Partial<SampleContext> = {}, sample: Sample = {}): SampleContext {
  return {
    now: NOW,
    twin: sampleTwin(sample),
    ledger: EMPTY_LEDGER,
    openIncidents: [],
    riskOf: simpleRisk(sample.glucose ?? 250),
    ...change,
  };
}

export function request(
  action: string,
  input: Readonly<Record<string, ThingValue>> = {},
  change: Partial<CommandRequest> = {},
): CommandRequest {
  return { id: 'r-1', thing: 'pump', action, input, requester: 'caregiver-1', origin: 'person', at: NOW, ...change };
}
