import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bandCoverage } from '#mirror/twin/band-coverage';
import { commission } from '#mirror/twin/commission';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { identifiableMessages } from './identifiable-ward.ts';

const model = commission(identifiableMessages({ days: 3, seed: 1 }));
const heldOut = identifiableMessages({ days: 2, seed: 5 });

const withBands = (low: number, high: number): CommissionedModel => ({
  ...model,
  bands: { horizonsMin: [240], low: [low], high: [high] },
});

test('every reading is counted once, inside or on the side where it fell', () => {
  const judged = bandCoverage(heldOut, model, [30, 120]);
  for (const { readings, inside, below, above } of judged) assert.equal(readings, inside + below + above);
  // a day and a half of readings, less what has no forecast yet; the very first one begins the estimate
  assert.deepEqual(
    judged.map(({ readings }) => readings),
    judged.map(({ horizonMin }) => 2 * 288 - 144 - horizonMin / 5),
  );
});

test('a band that holds everything has missed nothing, and one of no width has missed on both sides', () => {
  const [wide] = bandCoverage(heldOut, withBands(-1_000, 1_000), [60]);
  assert.equal(wide?.inside, wide?.readings);
  const [narrow] = bandCoverage(heldOut, withBands(0, 0), [60]);
  assert.ok(narrow!.inside < narrow!.readings / 20 && narrow!.below > 0 && narrow!.above > 0);
});
