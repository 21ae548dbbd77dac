import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { createInsulinOnBoard, insulinRemaining } from '#model/device/handset/controller/insulin-on-board';

/** openaps/oref0 88cf032 (MIT), tests of insulin on board: age in minutes, peak, duration, remaining to three digits. */
const OREF0 = [
  [0, 75, 300, 1],
  [60, 75, 300, 0.764],
  [240, 75, 300, 0.033],
  [60, 65, 300, 0.724],
  [60, 55, 300, 0.668],
  [60, 44, 360, 0.588],
  [300, 75, 300, 0],
  [0, 65, 300, 1],
  [300, 65, 300, 0],
  [0, 55, 300, 1],
  [300, 55, 300, 0],
  [0, 44, 360, 1],
  [360, 44, 360, 0],
] as const;

for (const [age, peak, duration, expected] of OREF0) {
  test(`oref0: ${age} min after a dose, peak ${peak}, duration ${duration}, ${expected} remains`, () => {
    assert.equal(Math.abs(insulinRemaining({ peak, duration }, age) - expected) <= 5e-4, true);
  });
}

test('doses add up, and a dose from the future counts in full', () => {
  const doses = createInsulinOnBoard();
  doses.record(2, 0);
  doses.record(-1, 60 * MINUTE);
  const expected =
    2 * insulinRemaining({ peak: 75, duration: 360 }, 90) - insulinRemaining({ peak: 75, duration: 360 }, 30);
  assert.equal(Math.abs(doses.at(90 * MINUTE) - expected) < 1e-12, true);
  assert.equal(doses.at(-60 * MINUTE), 1);
});
