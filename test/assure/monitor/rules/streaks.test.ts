import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  NO_RESEMBLANCE,
  type Resemblance,
  resemble,
  SHORTEST_LAG,
  SLOTS,
  type Streak,
} from '#assure/monitor/rules/signal-replay/streaks';
import { createRandom } from '#base/random';

interface Reading {
  readonly slot: number;
  readonly glucose: number;
}

/** The definition: after each reading every lag is compared, with the readings in a table by slot. */
function streaksByDefinition(readings: readonly Reading[]): readonly Streak[] {
  const bySlot = new Map<number, number>();
  let streaks = new Map<number, Streak>();
  let last: Reading | undefined;
  for (const { slot, glucose } of readings) {
    const isChange = last !== undefined && Math.abs(glucose - last.glucose) >= 2 ? 1 : 0;
    const next = new Map<number, Streak>();
    for (let lag = SHORTEST_LAG; lag < SLOTS; lag += 1) {
      const earlier = bySlot.get(slot - lag);
      const { run, changes } = streaks.get(lag) ?? { run: 0, changes: 0 };
      if (earlier === undefined && run > 0) next.set(lag, { lag, run, changes });
      if (earlier === glucose) next.set(lag, { lag, run: run + 1, changes: changes + isChange });
    }
    streaks = next;
    bySlot.set(slot, glucose);
    last = { slot, glucose };
  }
  return [...streaks.values()];
}

const taken = (readings: readonly Reading[]): Resemblance =>
  readings.reduce<Resemblance>((known, { slot, glucose }) => resemble(known, slot, glucose), NO_RESEMBLANCE);

/** Few values, so that much is equal, and gaps. */
const readingsOf = (steps: readonly (readonly [gap: number, glucose: number])[]): readonly Reading[] => {
  let slot = 5_890_000;
  return steps.map(([gap, glucose]) => {
    slot += gap;
    return { slot, glucose };
  });
};

test('streaks are what their definition says, whatever is read and missed', () => {
  const gap = fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 60 }));
  const steps = fc.array(fc.tuple(gap, fc.integer({ min: 100, max: 103 })), { minLength: 40, maxLength: 120 });
  fc.assert(
    fc.property(steps, (drawn) => {
      const readings = readingsOf(drawn);
      assert.deepEqual(taken(readings).streaks, streaksByDefinition(readings));
    }),
    { numRuns: 40 },
  );
});

test('what is older than five days is forgotten, and what is kept stays bounded', () => {
  const random = createRandom('streaks');
  const readings = readingsOf(
    Array.from({ length: 1_700 }, () => [random.chance(0.05) ? 3 : 1, random.integer(100, 130)] as const),
  );
  const known = taken(readings);
  assert.deepEqual(known.streaks, streaksByDefinition(readings));
  assert.ok(known.missed.length < SLOTS);
  const oldest = Math.min(...known.slotsOf[known.glucose]!);
  assert.ok(oldest > known.slot - SLOTS);
});

test('a gap of more than the window leaves nothing to resemble', () => {
  const before = readingsOf(Array.from({ length: 100 }, () => [1, 120] as const));
  const last = before.at(-1)!;
  const known = resemble(taken(before), last.slot + SLOTS + 5, 120);
  assert.deepEqual(known.slotsOf[120], [known.slot]);
});
