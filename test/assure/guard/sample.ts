import { EMPTY_LEDGER } from '#assure/guard/command-ledger';
import type { GuardContext } from '#assure/guard/context';
import type { GuardPolicy } from '#assure/guard/policy';
import type { RehearsedGlucose, TherapyChange } from '#assure/guard/rehearse';
import type { CommandRequest } from '#assure/guard/request';
import { DAY, MINUTE } from '#base/time';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { createTwin, type Twin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';

export const NOW = 2 * DAY;

export const STANDARD = readCatalogFile<GuardPolicy>(`${catalogRoot}/policies/guard-standard.yaml`, 'guard-policy');
export const OPEN = readCatalogFile<GuardPolicy>(`${catalogRoot}/policies/guard-open.yaml`, 'guard-policy');

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

export function sampleContext(change: Partial<GuardContext> = {}, sample: Sample = {}): GuardContext {
  return {
    now: NOW,
    twin: sampleTwin(sample),
    ledger: EMPTY_LEDGER,
    openIncidents: [],
    killSwitch: false,
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
