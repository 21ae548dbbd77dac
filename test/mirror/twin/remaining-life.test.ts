import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '#base/random';
import { DAY, MINUTE } from '#base/time';
import type { NumberSample } from '#mirror/twin/property-samples';
import { type RemainingLife, remainingLife, SENSOR_LIFE_MIN, SUPPLIES, sensorLife } from '#mirror/twin/remaining-life';

const { reservoir, transmitterBattery } = SUPPLIES;

/** A reservoir: basal at a rate, a bolus at three meals, each with its own deviation; refilled to 300 when it runs low. */
function filling(days: number, seed: number, deviation = 0.15): NumberSample[] {
  const random = createRandom(seed);
  const values: NumberSample[] = [];
  let left = 200;
  for (let minute = 0; minute < days * 1440; minute += 5) {
    left -= 0.8 / 12;
    if ([420, 750, 1110].includes(minute % 1440)) left -= Math.max(0, random.normal(6, 6 * deviation));
    if (left < 20) left = 300;
    values.push({ at: minute * MINUTE, value: Math.round(left * 20) / 20 });
  }
  return values;
}

const known = (life: RemainingLife): RemainingLife & { kind: 'known' } => {
  assert.ok(life.kind === 'known', JSON.stringify(life));
  return life;
};

describe('remaining life', () => {
  it('of what runs down evenly is what division says', () => {
    const values = Array.from({ length: 6 * 288 }, (_, index) => ({
      at: index * 5 * MINUTE,
      value: Math.round((100 - index * 0.01) * 10) / 10,
    }));
    const { left, emptyInMin, earliestMin, latestMin } = known(remainingLife(values, transmitterBattery));
    const expected = (left / 0.01) * 5;
    assert.ok(Math.abs(emptyInMin / expected - 1) < 0.02, `${emptyInMin} is not ${expected}`);
    assert.ok(earliestMin < emptyInMin && emptyInMin < latestMin && latestMin - earliestMin < 0.2 * expected);
  });

  it('ninety_percent_of_supplies_end_within_their_interval', () => {
    let inside = 0;
    const runs = 200;
    for (let seed = 0; seed < runs; seed += 1) {
      const values = filling(8, seed);
      const now = 4 * 288 + 37 * (seed % 7);
      const told = values.slice(0, now + 1);
      const used = 12 + (seed % 60);
      const life = known(remainingLife(told, reservoir, told.at(-1)!.value - used));
      let consumed = 0;
      const end = values.findIndex(({ value }, index) => {
        if (index <= now) return false;
        const fall = values[index - 1]!.value - value;
        if (fall > 0) consumed += fall;
        return consumed >= used - 1e-6;
      });
      const afterMin = (end - now) * 5;
      if (afterMin >= life.earliestMin - 5 && afterMin <= life.latestMin + 5) inside += 1;
    }
    assert.ok(inside / runs > 0.86, `${inside} of ${runs}`);
  });

  it('sees through refills: they make no supply last longer or shorter than its consumption', () => {
    const values = filling(9, 3, 0);
    const jumped = values.findIndex(({ value }, index) => index > 0 && value > values[index - 1]!.value + 100);
    assert.ok(jumped > 0, 'there is a refill in it');
    const { left, emptyInMin } = known(remainingLife(values, reservoir));
    assert.ok(Math.abs(emptyInMin / 1440 - left / (0.8 * 24 + 18)) < 0.2);
  });

  it('more left never lasts shorter', () => {
    const values = filling(5, 1);
    const last = values.at(-1)!.value;
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 400, noNaN: true }),
        fc.double({ min: 0, max: 50, noNaN: true }),
        (left, more) => {
          const shorter = known(remainingLife(values, reservoir, last - left));
          const longer = known(remainingLife(values, reservoir, last - left - more));
          assert.ok(shorter.emptyInMin <= longer.emptyInMin && shorter.earliestMin <= longer.earliestMin);
          assert.ok(shorter.earliestMin <= shorter.emptyInMin && shorter.emptyInMin <= shorter.latestMin);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('order and repetition do not matter', () => {
    const values = filling(4, 2);
    assert.deepEqual(remainingLife(values.toReversed(), reservoir), remainingLife(values, reservoir));
    assert.deepEqual(remainingLife([...values, ...values], reservoir), remainingLife(values, reservoir));
  });

  it('what lies further back than a month makes no difference', () => {
    const values = filling(60, 4);
    const month = values.filter(({ at }) => at >= values.at(-1)!.at - 28 * DAY);
    assert.deepEqual(remainingLife(values, reservoir), remainingLife(month, reservoir));
    assert.equal(known(remainingLife(values, reservoir)).days, 28);
  });

  it('says why it does not know', () => {
    assert.deepEqual(remainingLife([], reservoir), { kind: 'unknown', reason: 'no-values' });
    assert.deepEqual(remainingLife(filling(2, 1), reservoir), { kind: 'unknown', reason: 'too-little-history' });
    const still = Array.from({ length: 900 }, (_, index) => ({ at: index * 5 * MINUTE, value: 80 }));
    assert.deepEqual(remainingLife(still, reservoir), { kind: 'unknown', reason: 'not-consumed' });
    const silent = filling(6, 1).filter(({ at }) => at % DAY < DAY / 4);
    assert.deepEqual(remainingLife(silent, reservoir), { kind: 'unknown', reason: 'too-little-history' });
  });

  it('of a sensor is its life less its age', () => {
    const life = SENSOR_LIFE_MIN['glucose-monitor']!;
    const { emptyInMin, earliestMin } = known(
      sensorLife(
        [
          { at: 0, value: 1_440 },
          { at: DAY, value: 2_880 },
        ],
        life,
      ),
    );
    assert.deepEqual([emptyInMin, earliestMin], [8 * 1_440, 8 * 1_440 - 1]);
    assert.equal(known(sensorLife([{ at: 0, value: 20_000 }], life)).emptyInMin, 0);
    assert.deepEqual(sensorLife([], life), { kind: 'unknown', reason: 'no-values' });
  });
});
