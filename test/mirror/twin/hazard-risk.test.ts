import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { decodeCanonical } from '#base/decode-canonical';
import { encodeCanonical } from '#base/encode-canonical';
import { DAY, MINUTE } from '#base/time';
import { calibrateRisk } from '#mirror/twin/calibrate-risk';
import { commission } from '#mirror/twin/commission';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { HAZARDS } from '#mirror/twin/hazard';
import { hazardRisks } from '#mirror/twin/hazard-risk';
import type { Change } from '#mirror/twin/hypothesis';
import { nearness } from '#mirror/twin/nearness';
import { applyDispatched, applyMessage, createTwin, type Twin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';
import { identifiableMessages, reportOf } from './identifiable-ward.ts';

const model = commission(identifiableMessages({ days: 4, seed: 1 }));
const lived = (hours: number): Twin =>
  identifiableMessages({ days: 1, seed: 9 })
    .slice(0, hours * 12 * 3)
    .reduce((present, message) => applyMessage(present, message).twin, createTwin('p-1', model));
const twin = lived(24);
const READ_AT = twin.predicted!.readAt;
const NOW = READ_AT + MINUTE;

const risk = (situation: string, changes: readonly Change[], of = twin, now = NOW): number =>
  hazardRisks(of, changes, now)!.find((each) => each.situation === situation)!.probability;
const bolus = (units: number): Change => ({ kind: 'bolus', units });

describe('the risk of a command', () => {
  it('is told of every hazardous situation, and the twin stays as it is', () => {
    const before = encodeTwin(twin);
    const told = hazardRisks(twin, [bolus(3)], NOW)!;
    assert.deepEqual(
      told.map(({ situation }) => situation),
      ['below-70', 'below-54', 'above-180', 'above-250', 'above-350'],
    );
    for (const { probability, low, high } of told) assert.ok(low <= probability && probability <= high);
    assert.deepEqual(encodeTwin(twin), before);
  });

  it('tells small boluses from large ones', () => {
    assert.ok(risk('below-70', [bolus(0.1)]) < 0.1, `${risk('below-70', [bolus(0.1)])}`);
    assert.ok(risk('below-70', [bolus(15)]) > 0.9, `${risk('below-70', [bolus(15)])}`);
  });

  it('of withheld insulin is high glucose', () => {
    const suspend: Change = { kind: 'suspend', durationMin: 240 };
    assert.ok(risk('above-180', [suspend]) > risk('above-180', []));
    assert.ok(risk('below-70', [suspend]) <= risk('below-70', []));
  });
});

test('risk_rises_with_dose: more insulin never has a smaller risk of low glucose, and never less than none', () => {
  const dose = fc.double({ min: 0, max: 25, noNaN: true });
  fc.assert(
    fc.property(dose, dose, fc.constantFrom('below-54', 'below-70'), (one, other, situation) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      assert.ok(risk(situation, [bolus(more)]) >= risk(situation, [bolus(less)]));
      assert.ok(risk(situation, [bolus(less)]) >= risk(situation, []));
    }),
    { numRuns: 60 },
  );
});

test('risk_rises_with_dose: a longer and a faster temporary basal likewise', () => {
  const basal = (rate: number, durationMin: number) =>
    risk('below-70', [{ kind: 'temporary-basal', rate, durationMin }]);
  for (const [rate, durationMin] of [
    [2, 30],
    [2, 60],
    [5, 60],
    [5, 120],
    [20, 120],
  ] as const) {
    assert.ok(basal(rate * 1.5, durationMin) >= basal(rate, durationMin));
    assert.ok(basal(rate, durationMin + 30) >= basal(rate, durationMin));
  }
  assert.ok(basal(20, 120) > 0.9);
});

test('the_deeper_the_less_probable: whatever each situation has for experience', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 25, noNaN: true }), fc.boolean(), (amount, adds) => {
      const change: Change = adds ? bolus(amount) : { kind: 'suspend', durationMin: amount * 10 };
      const told = new Map(
        hazardRisks(twin, [change], NOW)!.map(({ situation, probability }) => [situation, probability]),
      );
      assert.ok(told.get('below-54')! <= told.get('below-70')!);
      assert.ok(told.get('above-350')! <= told.get('above-250')! && told.get('above-250')! <= told.get('above-180')!);
    }),
    { numRuns: 60 },
  );
  const { near } = model.risk!;
  const contrary = { ...model, risk: { ...model.risk!, near: { ...near, 'below-54': near['below-70']! } } };
  const of = { ...twin, commissioned: contrary };
  assert.ok(risk('below-54', [bolus(8)], of) <= risk('below-70', [bolus(8)], of));
});

describe('no risk is told', () => {
  it('no_estimate_no_risk: of a twin that was never commissioned, or has no reading yet', () => {
    const { commissioned: _, ...uncommissioned } = twin;
    assert.equal(hazardRisks(uncommissioned, [], NOW), undefined);
    assert.equal(hazardRisks(createTwin('p-1', model), [], NOW), undefined);
  });

  it('by a model that was made without scores, as 0.2.0 made them', () => {
    const { risk: _, ...plain } = model;
    assert.equal(hazardRisks({ ...twin, commissioned: plain }, [], NOW), undefined);
  });

  it('stale_estimate_is_no_estimate: 15 min is the oldest, and one from the future is none', () => {
    const bolusDelivered = { value: 20, at: READ_AT, receivedAt: READ_AT };
    const reported = { ...twin.reported, pump: { ...twin.reported['pump'], bolusDelivered } };
    const at = (now: number) => hazardRisks({ ...twin, reported }, [], now);
    assert.ok(at(READ_AT + 15 * MINUTE) !== undefined);
    assert.equal(at(READ_AT + 15 * MINUTE + 1), undefined);
    assert.ok(at(READ_AT) !== undefined);
    assert.equal(at(READ_AT - 1), undefined);
    assert.equal(at(Number.NaN), undefined);
  });

  it('stale_estimate_is_no_estimate: reports of the pump keep no estimate fresh', () => {
    const report = (afterMin: number) =>
      reportOf('pump', 10_000 + afterMin, READ_AT + afterMin * MINUTE, { basalRate: 0.9 });
    const moved = [10, 16].reduce((present, after) => applyMessage(present, report(after)).twin, twin);
    assert.ok(moved.predicted!.at > READ_AT);
    assert.equal(hazardRisks(moved, [], READ_AT + 17 * MINUTE), undefined);
  });

  it('a_silent_pump_tells_no_risk: what it delivered is as old as 15 min, by either clock', () => {
    const told = { value: 20, at: NOW, receivedAt: NOW };
    const heard = (change: Partial<typeof told>): Twin => ({
      ...twin,
      reported: { ...twin.reported, pump: { ...twin.reported['pump'], bolusDelivered: { ...told, ...change } } },
    });
    const oldest = NOW - 15 * MINUTE;
    assert.ok(hazardRisks(heard({ at: oldest }), [], NOW) !== undefined);
    assert.ok(hazardRisks(heard({ receivedAt: oldest }), [], NOW) !== undefined);
    assert.equal(hazardRisks(heard({ at: oldest - 1 }), [], NOW), undefined);
    assert.equal(hazardRisks(heard({ receivedAt: oldest - 1 }), [], NOW), undefined);
    const { pump: _, ...reported } = twin.reported;
    assert.equal(hazardRisks({ ...twin, reported }, [], NOW), undefined);
  });

  it('before the twin knows what insulin still acts', () => {
    const early = lived(2);
    assert.equal(hazardRisks(early, [], early.predicted!.readAt + MINUTE), undefined);
    const later = lived(4);
    assert.ok(hazardRisks(later, [], later.predicted!.readAt + MINUTE) !== undefined);
  });

  it('of a situation that the model has no experience of; the others are told', () => {
    const { 'below-54': _, ...near } = model.risk!.near;
    const older = { ...twin, commissioned: { ...model, risk: { ...model.risk!, near } } };
    const told = hazardRisks(older, [], NOW)!.map(({ situation }) => situation);
    assert.deepEqual(told, ['below-70', 'above-180', 'above-250', 'above-350']);
  });
});

describe('what was commanded and no report can hold yet', () => {
  const dispatched = (action: string, input: Readonly<Record<string, ThingValue>>, issuedAt = NOW) =>
    applyDispatched(twin, { kind: 'Command', id: 'c1', thing: 'pump', action, input, issuedAt, expiresAt: issuedAt });
  const acknowledged = (of: Twin, outcome: 'done' | 'refused'): Twin => ({
    ...of,
    desired: { pump: { ...of.desired['pump'], bolus: { ...of.desired['pump']!['bolus']!, outcome } } },
  });

  it('two boluses within a minute are rehearsed together', () => {
    const first = dispatched('bolus', { units: 3 });
    const together = risk('below-70', [bolus(3)], first, NOW + MINUTE);
    assert.equal(together, risk('below-70', [bolus(6)]));
    assert.ok(together > 1.5 * risk('below-70', [bolus(3)]), `${together}`);
    assert.equal(
      risk('below-70', [bolus(3)], acknowledged(first, 'done'), NOW),
      risk('below-70', [bolus(3)], first, NOW),
    );
  });

  it('a bolus that the pump refused, or has had the time to report, counts no more', () => {
    const first = dispatched('bolus', { units: 3 });
    assert.equal(risk('below-70', [], acknowledged(first, 'refused')), risk('below-70', []));
    const long = dispatched('bolus', { units: 3 }, NOW - 20 * MINUTE);
    assert.equal(risk('below-70', [], long), risk('below-70', []));
  });

  it('a temporary basal counts for the rest of its time, unless another rate is reported since', () => {
    const running = dispatched('setTemporaryBasal', { rate: 8, durationMin: 120 });
    assert.ok(risk('below-70', [], running) > risk('below-70', []));
    const over = dispatched('setTemporaryBasal', { rate: 8, durationMin: 30 }, NOW - 31 * MINUTE);
    assert.equal(risk('below-70', [], over), risk('below-70', []));
    const replaced = dispatched('setTemporaryBasal', { rate: 8, durationMin: 120 }, NOW - 20 * MINUTE);
    assert.equal(risk('below-70', [], replaced), risk('below-70', []));
  });
});

describe('scores of a commissioned model', () => {
  const scores = model.risk!;

  it('are one for each quarter of an hour once the twin has settled, as many for every situation', () => {
    const count = scores.minuteOfDay.length;
    assert.ok(count > 0.9 * ((4 * DAY) / (15 * MINUTE)) - 4 * 7 && count <= (4 * DAY) / (15 * MINUTE), `${count}`);
    assert.deepEqual(
      Object.keys(scores.near),
      HAZARDS.map(({ situation }) => situation),
    );
    for (const values of [scores.lowest, scores.highest, ...Object.values(scores.near)])
      assert.equal(values.length, count);
  });

  it('survive being recorded', () => {
    const recorded = decodeCanonical(
      encodeCanonical({ model: JSON.parse(JSON.stringify(model)) }),
      1 << 20,
    ) as unknown as {
      model: typeof model;
    };
    assert.deepEqual(recorded.model, model);
    assert.deepEqual(
      hazardRisks({ ...twin, commissioned: recorded.model }, [bolus(2)], NOW),
      hazardRisks(twin, [bolus(2)], NOW),
    );
    assert.ok(encodeCanonical(JSON.parse(JSON.stringify(scores))).length < 20_000);
  });

  it('are absent where there is less than a day and a half of them, and bounded where there is much', () => {
    const { risk: _, ...plain } = model;
    assert.equal(calibrateRisk(identifiableMessages({ days: 1, seed: 2 }), plain), undefined);
    const month = calibrateRisk(identifiableMessages({ days: 12, seed: 2 }), plain)!;
    assert.equal(month.lowest.length, 960);
  });

  it('leave out windows with gaps', () => {
    const { risk: _, ...plain } = model;
    const day = identifiableMessages({ days: 3, seed: 2 });
    const gap = (from: number, to: number) => day.filter(({ receivedAt }) => receivedAt < from || receivedAt >= to);
    const whole = calibrateRisk(day, plain)!.lowest.length;
    const missing = calibrateRisk(gap(1.5 * DAY, 1.5 * DAY + 60 * MINUTE), plain)!.lowest.length;
    assert.ok(missing <= whole - 16, `${missing} of ${whole}`);
  });
});

describe('nearness', () => {
  const flat = (glucose: number, deviation = 0) => ({
    from: 0,
    stepMin: 5,
    mean: new Float64Array(48).fill(glucose),
    deviation: new Float64Array(48).fill(deviation),
  });

  it('is a number of deviations, none smaller than 10 mg/dL', () => {
    assert.equal(nearness(flat(100), 'below', 70), -3);
    assert.equal(nearness(flat(60), 'below', 70), 1);
    assert.equal(nearness(flat(100), 'above', 180), -8);
    assert.ok(Math.abs(nearness(flat(100, 20), 'below', 70) - -30 / Math.sqrt(500)) < 1e-12);
  });

  it('is that of the step at which the level is nearest', () => {
    const falling = { ...flat(200), mean: Float64Array.from({ length: 48 }, (_, step) => 200 - 2 * step) };
    assert.equal(nearness(falling, 'below', 70), -(200 - 94 - 70) / 10);
    assert.equal(nearness(falling, 'above', 180), 2);
  });

  it('widens by a share of how far the command leads towards the level, where that is not reached', () => {
    assert.ok(Math.abs(nearness(flat(100), 'below', 70, flat(140)) - -30 / Math.sqrt(100 + 12 ** 2)) < 1e-12);
    assert.equal(nearness(flat(60), 'below', 70, flat(140)), 1);
    assert.equal(nearness(flat(140), 'below', 70, flat(100)), -7);
    assert.ok(Math.abs(nearness(flat(140), 'above', 180, flat(100)) - -40 / Math.sqrt(100 + 12 ** 2)) < 1e-12);
  });
});
