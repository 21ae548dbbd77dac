import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { readUvaPadova2008Subjects } from '#edge/catalog/patients';
import {
  createGastricEmptying,
  GASTRIC_EMPTYING_INTERVALS,
  tabulateGastricEmptying,
} from '#model/physiology/gastric-emptying';

const subjects = readUvaPadova2008Subjects(catalogRoot);

test('the formula is the published pair of hyperbolic tangents', () => {
  for (const { id, parameters } of subjects) {
    const { kmax, kmin, b, d } = parameters;
    const formula = createGastricEmptying(parameters);
    for (let step = 0; step <= 200; step += 1) {
      const fill = step / 200;
      const tangents = Math.tanh((2.5 * (fill - b)) / (1 - b)) - Math.tanh((2.5 * (fill - d)) / d) + 2;
      assert.ok(Math.abs(formula(fill) - (kmin + ((kmax - kmin) / 2) * tangents)) < 1e-13, `${id} at ${fill}`);
    }
  }
});

test('the table is the formula to 1e-7 per minute for every subject', () => {
  for (const { id, parameters } of subjects) {
    const formula = createGastricEmptying(parameters);
    const table = tabulateGastricEmptying(parameters);
    for (let step = 0; step <= 20_000; step += 1) {
      const fill = step / 20_000;
      const index = Math.min(GASTRIC_EMPTYING_INTERVALS - 1, Math.floor(fill * GASTRIC_EMPTYING_INTERVALS));
      const along = fill * GASTRIC_EMPTYING_INTERVALS - index;
      const [c0, c1, c2, c3] = table.subarray(4 * index, 4 * index + 4) as unknown as [number, number, number, number];
      const error = Math.abs(c0 + along * (c1 + along * (c2 + along * c3)) - formula(fill));
      assert.ok(error < 1e-7, `${id} at ${fill}: off by ${error}`);
    }
  }
});
