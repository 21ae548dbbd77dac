import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { type RehearsalSetting, rehearsal } from '#assure/guard/checks/rehearsal';
import type { Risk, RiskOf } from '#assure/guard/risk';
import { HAZARDS } from '#mirror/twin/hazard';
import type { ThingValue } from '#model/thing/message';
import { affordanceOf, NOW, request, riskAt, STANDARD, sampleContext } from './sample.ts';

const SETTING: RehearsalSetting = {
  kind: 'rehearsal',
  adding: [
    { situation: 'below-54', maxProbability: 0.1 },
    { situation: 'below-70', maxProbability: 0.3 },
  ],
  withholding: [{ situation: 'above-350', maxProbability: 0.5 }],
};

const INPUTS: Readonly<Record<string, Readonly<Record<string, ThingValue>>>> = {
  bolus: { units: 1 },
  setTemporaryBasal: { rate: 3, durationMin: 60 },
  setBasalProfile: { rates: new Array<number>(24).fill(1) },
};

const judge = (action: string, risk: Risk | undefined, setting = SETTING): readonly unknown[] => {
  const asked = request(action, INPUTS[action] ?? {}, action === 'alert' ? { thing: 'handset' } : {});
  const context = { ...sampleContext({ riskOf: () => risk }), affordance: affordanceOf(asked) };
  return rehearsal.judge(asked, context, setting);
};

/** Only what the command itself would bring. */
const caused = (situation: string, probability: number): Risk => ({
  ...riskAt({ [situation]: probability }),
  ifRefused: riskAt({}).ifRefused,
});

describe('each row of a policy: just in and just out', () => {
  for (const [action, situation, most] of [
    ['bolus', 'below-54', 0.1],
    ['bolus', 'below-70', 0.3],
    ['setTemporaryBasal', 'below-54', 0.1],
    ['setTemporaryBasal', 'below-70', 0.3],
    ['suspend', 'above-350', 0.5],
    ['fallBackToSafeBasal', 'above-350', 0.5],
    ['revokeLink', 'above-350', 0.5],
  ] as const)
    it(`${action}: ${situation} at most ${most}`, () => {
      assert.deepEqual(judge(action, caused(situation, most)), []);
      assert.equal(judge(action, caused(situation, most + 1e-9)).length, 1);
      assert.equal(judge(action, caused(situation, Number.NaN)).length, 1);
    });

  it('each row that is not kept gives a reason of its own', () => {
    assert.equal(judge('bolus', riskAt({ 'below-54': 0.2, 'below-70': 0.4 })).length, 2);
  });
});

test('insulin_is_not_refused_for_high_glucose, nor_its_withholding_for_low', () => {
  assert.deepEqual(judge('bolus', riskAt({ 'above-350': 1 })), []);
  for (const action of ['suspend', 'fallBackToSafeBasal', 'revokeLink'])
    assert.deepEqual(judge(action, riskAt({ 'below-54': 1, 'below-70': 1 })), []);
});

test('no_estimate_no_addition: what adds is refused where the risk cannot be told, what withholds or contains is not', () => {
  for (const action of ['bolus', 'setTemporaryBasal', 'resume', 'setLimits'])
    assert.equal(judge(action, undefined).length, 1, action);
  for (const action of ['suspend', 'fallBackToSafeBasal', 'revokeLink', 'alert'])
    assert.deepEqual(judge(action, undefined), [], action);
});

test('a situation of which no risk is told is not accepted', () => {
  const setting = { ...SETTING, adding: [{ situation: 'below-60', maxProbability: 1 }] };
  assert.equal(judge('bolus', riskAt({}), setting).length, 1);
});

test('containment_is_no_cause: withholding is not refused for a risk that refusing it does not lower below the limit', () => {
  assert.deepEqual(judge('suspend', riskAt({ 'above-350': 0.9 })), []);
  const lower: Risk = { ...riskAt({ 'above-350': 0.9 }), ifRefused: riskAt({ 'above-350': 0.5 }).ifRefused };
  assert.equal(judge('suspend', lower).length, 1);
});

test('the risk of this command, of this twin, at this time is what is asked for', () => {
  const asked: unknown[][] = [];
  const riskOf: RiskOf = (...about) => {
    asked.push(about);
    return riskAt({});
  };
  const bolus = request('bolus', { units: 1 });
  const context = { ...sampleContext({ riskOf }), affordance: affordanceOf(bolus) };
  rehearsal.judge(bolus, context, SETTING);
  assert.deepEqual(asked, [[bolus, context.twin, NOW]]);
});

test('the delivered policy names situations that are told', () => {
  const rows = Object.values(STANDARD.actions).flatMap(({ checks }) =>
    checks.flatMap((check) => (check.kind === 'rehearsal' ? [...check.adding, ...check.withholding] : [])),
  );
  assert.ok(rows.length >= 5 * 3);
  for (const { situation } of rows)
    assert.ok(
      HAZARDS.some((hazard) => hazard.situation === situation),
      situation,
    );
});

test('the delivered policy accepts as much as it says, action by action', () => {
  const limits = (action: string) => {
    const check = STANDARD.actions[action]!.checks.find(({ kind }) => kind === 'rehearsal');
    return check?.kind === 'rehearsal' ? { adding: check.adding, withholding: check.withholding } : undefined;
  };
  for (const action of ['bolus', 'setTemporaryBasal', 'suspend', 'fallBackToSafeBasal', 'revokeLink'])
    assert.deepEqual(limits(action), { adding: SETTING.adding, withholding: SETTING.withholding }, action);
});
