import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MINUTE } from '#base/time';
import { createInsulinOnBoard, insulinRemaining } from '#model/device/handset/controller/insulin-on-board';

/** openaps/oref0 88cf032 (MIT), tests of insulin on board: age in minutes, peak, duration, remaining to three digits. */
const OREF0 = [
  [60, 75, 300, 0.764],
  [240, 75, 300, 0.033],
  [60, 65, 300, 0.724],
  [60, 55, 300, 0.668],
  [60, 44, 360, 0.588],
  [0, 75, 300, 1],
  [300, 75, 300, 0],
] as const;

for (const [age, peak, duration, expected] of OREF0) {
  test(`oref0: ${age} min after a dose, peak ${peak}, duration ${duration}, ${expected} remains`, () => {
    assert.equal(Math.abs(insulinRemaining({ peak, duration }, age) - expected) <= 5e-4, true);
  });
}

interface IobCase {
  readonly args: readonly [
    {
      readonly clock: string;
      readonly history: readonly { readonly _type: string; readonly amount?: number; readonly timestamp?: string }[];
      readonly profile: {
        readonly dia: number;
        readonly curve?: string;
        readonly insulinPeakTime?: number;
        readonly useCustomPeakTime?: boolean;
      };
    },
  ];
  readonly out: readonly [{ readonly iob: number }];
}

const casesPath = fileURLToPath(new URL('../../../../../shared/data/physiology/oref0/iob_cases.json', import.meta.url));

test('every exponential bolus case of oref0', { skip: existsSync(casesPath) ? false : 'reference data absent' }, () => {
  const cases = JSON.parse(readFileSync(casesPath, 'utf8')) as readonly IobCase[];
  let checked = 0;
  for (const { args, out } of cases) {
    const [{ clock, history, profile }] = args;
    const { curve } = profile;
    if ((curve !== 'rapid-acting' && curve !== 'ultra-rapid') || !history.every((entry) => entry._type === 'Bolus'))
      continue;
    // oref0: durations of the exponential curves are at least 5 h; the default peak is 75 or 55 min.
    const duration = Math.max(profile.dia, 5) * 60;
    const custom = profile.useCustomPeakTime === true ? profile.insulinPeakTime : undefined;
    const peak = custom ?? (curve === 'rapid-acting' ? 75 : 55);
    const doses = createInsulinOnBoard({ peak, duration });
    for (const { amount, timestamp } of history) doses.record(amount ?? 0, Date.parse(timestamp ?? clock));
    assert.equal(Math.abs(doses.at(Date.parse(clock)) - out[0].iob) <= 1e-3, true, JSON.stringify(args));
    checked += 1;
  }
  assert.equal(checked >= 15, true);
});

test('doses add up, and a dose from the future counts in full', () => {
  const doses = createInsulinOnBoard();
  doses.record(2, 0);
  doses.record(-1, 60 * MINUTE);
  const expected =
    2 * insulinRemaining({ peak: 75, duration: 360 }, 90) - insulinRemaining({ peak: 75, duration: 360 }, 30);
  assert.equal(Math.abs(doses.at(90 * MINUTE) - expected) < 1e-12, true);
  assert.equal(doses.at(-60 * MINUTE), 1);
});
