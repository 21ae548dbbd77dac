import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '#base/fault';
import { createRandom } from '#base/random';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { forecast } from '#mirror/twin/fork';
import { numberOf, takeUp } from '#mirror/twin/intake';
import { createTwin } from '#mirror/twin/twin';
import type { ForkRequest } from '#simulate/fork/fork-request';
import { forkUnderAttack } from '#simulate/fork/fork-under-attack';
import { createIdentifiedBody } from '#simulate/fork/identified-body';
import { laboratory } from '../exercise/laboratory-bench.ts';
import { afternoonFork, livedTwin } from './forked-twin.ts';

const OPEN_LOOP = 'basal-bolus-home';
const CLOSED_LOOP = 'closed-loop-home';
const defences = (...ids: readonly string[]) => ids.map((id) => laboratory.defenceSets.get(id)!);
const replayedBolus = {
  technique: 'replayed-bolus',
  parameters: { delayMin: 60, repeats: 4, intervalMin: 15 },
} as const;
const dinner = [{ inMin: 30, grams: 60 }] as const;

describe('the body of a fork', () => {
  const twin = livedTwin(OPEN_LOOP, 17.5 * 60);
  const model = twin.commissioned!;
  const estimate = twin.predicted!.estimate;

  it('without dice goes where the forecast goes: within 1.5 mg/dL over four hours', () => {
    const rate = numberOf(twin.reported['pump'], 'basalRate')!;
    const { insulin } = takeUp(twin.intake, twin.reported['pump'], twin.reported['handset'], twin.predicted!.at, 0);
    const { plant } = createIdentifiedBody({ model, estimate, outstandingInsulin: insulin });
    const { mean } = forecast(twin, { kind: 'none' }, 240)!;
    for (const expected of mean) {
      for (let minute = 0; minute < 5; minute += 1) {
        plant.advance({ insulin: rate / 60, carbohydrates: 0, insulinSensitivity: 1 });
      }
      assert.ok(Math.abs(plant.plasmaGlucose - expected) < 1.5, `${plant.plasmaGlucose} is not ${expected}`);
    }
  });

  it('with dice starts as uncertain as the estimate is', () => {
    const starts = Array.from({ length: 400 }, (_, seed) => {
      const body = createIdentifiedBody({ model, estimate, outstandingInsulin: 0 }, createRandom(`start/${seed}`));
      return body.plant.plasmaGlucose;
    });
    const mean = starts.reduce((sum, value) => sum + value, 0) / starts.length;
    const deviation = Math.sqrt(starts.reduce((sum, value) => sum + (value - mean) ** 2, 0) / starts.length);
    const expected = Math.sqrt(estimate[11]!);
    assert.ok(Math.abs(deviation / expected - 1) < 0.15, `${deviation} is not ${expected}`);
    assert.ok(Math.abs(mean - estimate[7]!) < (4 * expected) / 20);
  });

  it('a reading is a function of the minute: asked twice it is the same', () => {
    const body = createIdentifiedBody({ model, estimate, outstandingInsulin: 0 }, createRandom('sense'));
    assert.equal(body.sense(100, 25), body.sense(100, 25));
  });
});

describe('a fork in a simulated ward', () => {
  it('leaves the twin as it is, and gives the same each time', () => {
    const request = afternoonFork(CLOSED_LOOP, { attack: replayedBolus, meals: dinner, seeds: 2 });
    const before = encodeTwin(request.twin);
    const first = forkUnderAttack(request);
    assert.deepEqual(encodeTwin(request.twin), before);
    assert.deepEqual(forkUnderAttack(request), first);
    assert.deepEqual(JSON.parse(JSON.stringify(first)), first);
  });

  it('in open loop and left alone is about where the forecast is', () => {
    const request = afternoonFork(OPEN_LOOP, { seeds: 32, horizonMin: 185 });
    const { glucose } = forkUnderAttack(request)!.byDefences[0]!.unattacked;
    const { mean, deviation } = forecast(request.twin, { kind: 'profile-basal' }, 180)!;
    for (const [index, expected] of mean.entries()) {
      const tolerance = 2 + (3 * deviation[index]!) / Math.sqrt(32);
      const actual = glucose.mean[index + 1]!;
      assert.ok(Math.abs(actual - expected) < tolerance, `${(index + 1) * 5} min: ${actual} is not ${expected}`);
    }
  });

  it('a meal nobody announces raises glucose, one with its bolus less', () => {
    const end = (change: Partial<ForkRequest>): number =>
      forkUnderAttack(afternoonFork(OPEN_LOOP, change))!.byDefences[0]!.unattacked.glucose.mean[30]!;
    const none = end({});
    const hidden = end({ meals: [{ inMin: 30, grams: 60, counted: 0 }] });
    const counted = end({ meals: dinner });
    assert.ok(hidden > counted && counted > none, `${none}, ${counted}, ${hidden}`);
  });

  it('a replayed bolus lowers glucose where nothing stops it, and does not where the link refuses it', () => {
    const request = afternoonFork(CLOSED_LOOP, {
      attack: replayedBolus,
      meals: dinner,
      defences: defences('none', 'all'),
    });
    const [open, defended] = forkUnderAttack(request)!.byDefences;
    const lowest = (of: { readonly glucose: { readonly mean: readonly number[] } }): number =>
      Math.min(...of.glucose.mean);
    assert.ok(lowest(open!.attacked!) < lowest(open!.unattacked) - 30);
    assert.ok(open!.attacked!.totalDelivered > open!.unattacked.totalDelivered + 5);
    assert.equal(open!.attacked!.prevented, 0);
    assert.equal(defended!.attacked!.prevented, 4);
    assert.ok(defended!.attacked!.detected > 0 && defended!.attacked!.detectionDelayMin! > 0);
    assert.deepEqual(defended!.attacked!.glucose.mean.slice(0, 12), defended!.unattacked.glucose.mean.slice(0, 12));
  });

  it('an attack that begins later changes nothing before', () => {
    const attack = { technique: 'injected-suspend', startMin: 60 };
    const { attacked, unattacked } = forkUnderAttack(afternoonFork(CLOSED_LOOP, { attack, seeds: 2 }))!.byDefences[0]!;
    assert.deepEqual(attacked!.glucose.mean.slice(0, 12), unattacked.glucose.mean.slice(0, 12));
    assert.ok(attacked!.firstActMin! >= 60);
    assert.ok(attacked!.totalDelivered < unattacked.totalDelivered);
  });

  it('devices start as they reported themselves', () => {
    const asIs = afternoonFork(CLOSED_LOOP);
    // Nobody refills what runs empty.
    const ward = { ...asIs.ward, person: { ...asIs.ward.person, answersAwake: 0, answersAsleep: 0 } };
    const request = { ...asIs, ward };
    const reported = { ...request.twin.reported };
    const changed = (value: number | string, property: string, thing: 'pump' | 'handset') => ({
      ...reported,
      [thing]: { ...reported[thing], [property]: { value, at: 0, receivedAt: 0 } },
    });
    const course = (twin: ForkRequest['twin']) => forkUnderAttack({ ...request, twin })!.byDefences[0]!.unattacked;
    const usual = course(request.twin).totalDelivered;
    assert.ok(course({ ...request.twin, reported: changed(2, 'reservoir', 'pump') }).totalDelivered <= 2 + 1e-9);
    assert.ok(course({ ...request.twin, reported: changed(300, 'targetGlucose', 'handset') }).totalDelivered < usual);
    assert.ok(course({ ...request.twin, reported: changed(8, 'insulinOnBoard', 'handset') }).totalDelivered < usual);
  });

  it('says what of the twin it does not carry over', () => {
    const request = afternoonFork(CLOSED_LOOP, { seeds: 1 });
    assert.deepEqual(forkUnderAttack(request)!.limits, []);
    const suspended = { value: 'suspended', at: 0, receivedAt: 0 };
    const pump = { ...request.twin.reported['pump'], deliveryState: suspended };
    const twin = { ...request.twin, reported: { ...request.twin.reported, pump } };
    assert.match(forkUnderAttack({ ...request, twin })!.limits.join('; '), /pump reported `suspended`/);
  });

  it('says nothing of a twin that was never commissioned', () => {
    assert.equal(forkUnderAttack(afternoonFork(CLOSED_LOOP, { twin: createTwin('p-1') })), undefined);
  });

  it('default_refuse: what is out of bounds is refused by name', () => {
    const refused: readonly (readonly [Partial<ForkRequest>, string])[] = [
      [{ horizonMin: 1_441 }, 'fork.bad-horizon'],
      [{ horizonMin: Number.NaN }, 'fork.bad-horizon'],
      [{ seeds: 0 }, 'fork.bad-seeds'],
      [{ seeds: 65 }, 'fork.bad-seeds'],
      [{ defences: [] }, 'fork.no-defences'],
      [{ seeds: 64, defences: defences('none', 'all', 'none', 'all', 'none') }, 'fork.too-many-runs'],
      [{ meals: [{ inMin: 30, grams: 301 }] }, 'fork.bad-meal'],
      [{ attack: { technique: 'no-such-technique' } }, 'fork.unknown-technique'],
      [{ attack: { technique: 'replayed-bolus', parameters: { repeats: 1e9 } } }, 'fork.bad-parameter'],
      [{ attack: { technique: 'replayed-bolus', startMin: 500 } }, 'fork.bad-start'],
    ];
    for (const [change, code] of refused) {
      assert.throws(
        () => forkUnderAttack(afternoonFork(CLOSED_LOOP, change)),
        (fault) => fault instanceof Fault && fault.code === code,
        code,
      );
    }
  });
});
