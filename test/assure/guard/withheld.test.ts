import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EMPTY_LEDGER } from '#assure/guard/command-ledger';
import type { CommandRequest } from '#assure/guard/request';
import { explain, withoutReported } from '#base/explanation';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import {
  decide,
  NOW,
  permitted,
  request,
  type SampleContext,
  STANDARD,
  sampleContext,
  sampleTwin,
  simpleRisk,
} from './sample.ts';

interface Case {
  readonly asked: CommandRequest;
  /** Of the two people: `by` is 0 for the one and 1 for the other. */
  readonly of: (by: 0 | 1) => SampleContext;
  /** What somebody is told who may ask for it and may not read the twin. */
  readonly told: readonly string[];
}

const profiled = (rate: number): SampleContext => {
  const commissioned = { basalProfile: new Array<number>(24).fill(rate) } as unknown as CommissionedModel;
  return sampleContext({ twin: { ...sampleTwin(), commissioned } });
};
const CASES: Readonly<Record<string, Case>> = {
  'glucose below the floor': {
    asked: request('bolus', { units: 1 }),
    of: (by) => sampleContext({ riskOf: simpleRisk(250) }, { glucose: 61 + by }),
    told: ['plausibility: glucose … mg/dL is below `90` mg/dL'],
  },
  'more than is called for': {
    asked: request('bolus', { units: 3 }),
    of: (by) => sampleContext({ riskOf: simpleRisk(250) }, { glucose: 130 + by }),
    told: ['plausibility: `3` [iU] where glucose and carbohydrates call for … [iU]'],
  },
  'high glucose': {
    asked: request('suspend'),
    of: (by) => sampleContext({ riskOf: () => undefined }, { glucose: 397 - by }),
    told: ['withholding: glucose … mg/dL is above `110` mg/dL'],
  },
  'what was given before': {
    asked: request('bolus', { units: 4 }),
    of: (by) => {
      const before = request('bolus', { units: 11.5 + by / 4 }, { requester: 'caregiver-2' });
      const ledger = permitted(EMPTY_LEDGER, before, NOW - 60_000);
      return sampleContext({ ledger, riskOf: simpleRisk(400) }, { glucose: 400 });
    },
    told: [
      'dose: makes … `[iU]` in an hour, above `15` `[iU]`',
      'plausibility: `4` [iU] where glucose and carbohydrates call for … [iU]',
    ],
  },
  'a forecast': {
    asked: request('bolus', { units: 3 }),
    of: (by) => sampleContext({ riskOf: simpleRisk(150 - by) }),
    told: [
      'rehearsal: `below-54` with probability … (… to …), at most `0.1`',
      'rehearsal: `below-70` with probability … (… to …), at most `0.3`',
    ],
  },
  'the commissioned profile': {
    asked: request('setBasalProfile', { rates: new Array<number>(24).fill(1) }),
    of: (by) => profiled(2 + by),
    told: ["profile: changes the day's total by … %, above `20` %"],
  },
  'a check that fails': {
    asked: request('bolus', { units: 1 }),
    of: (by) =>
      sampleContext({
        riskOf: () => {
          throw new Error(`glucose is ${137 + by}`);
        },
      }),
    told: ['`rehearsal` could not be checked: …'],
  },
};

describe('no_refusal_tells_of_the_patient', () => {
  for (const [what, { asked, of, told }] of Object.entries(CASES))
    test(what, () => {
      const [one, other] = ([0, 1] as const).map((by) => decide(asked, of(by), STANDARD).reasons);
      assert.deepEqual(
        one!.map((reason) => explain(reason, { reported: false })),
        told,
      );
      assert.deepEqual(one!.map(withoutReported), other!.map(withoutReported));
      for (const reason of one!) assert.doesNotMatch(explain(reason, { reported: true }), /…|[{}]/);
      assert.notDeepEqual(one, other);
    });
});
