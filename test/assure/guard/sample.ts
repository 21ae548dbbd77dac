import { type CommandLedger, EMPTY_LEDGER, notePermitted } from '#assure/guard/command-ledger';
import type { GuardContext } from '#assure/guard/context';
import type { Decision } from '#assure/guard/decision';
import { decide as decideWith } from '#assure/guard/guard';
import type { GuardPolicy } from '#assure/guard/policy';
import type { RehearsedGlucose, TherapyChange } from '#assure/guard/rehearse';
import type { CommandRequest } from '#assure/guard/request';
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

/** A body in which every unit lowers glucose by 40 mg/dL and withheld basal raises it by 40 an hour. */
export function simpleRehearsal(glucose: number, deviation = 10) {
  return (_twin: Twin, change: TherapyChange, horizonMin: number): RehearsedGlucose => {
    const steps = horizonMin / 5 + 1;
    const perHour =
      change.kind === 'bolus'
        ? (-40 * change.units * 60) / horizonMin
        : change.kind === 'temporary-basal'
          ? -40 * (change.rate - 1)
          : change.kind === 'suspend'
            ? 40
            : 0;
    return {
      stepMin: 5,
      mean: Float64Array.from({ length: steps }, (_, step) => glucose + (perHour * step * 5) / 60),
      deviation: new Float64Array(steps).fill(deviation),
    };
  };
}

export function sampleContext(change: Partial<SampleContext> = {}, sample: Sample = {}): SampleContext {
  return {
    now: NOW,
    twin: sampleTwin(sample),
    ledger: EMPTY_LEDGER,
    openIncidents: [],
    rehearse: simpleRehearsal(sample.glucose ?? 250),
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
