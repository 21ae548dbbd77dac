import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { createLowGlucoseSuspend } from '#model/device/insulin-pump/low-glucose-suspend';

/** Whether it suspends after each of `readings`, five minutes apart. */
function run(readings: readonly number[]): readonly boolean[] {
  const suspend = createLowGlucoseSuspend();
  return readings.map((glucose, index) => {
    suspend.observe(glucose, index * 5 * MINUTE);
    return suspend.isSuspending(index * 5 * MINUTE);
  });
}

test('basal stops below 70 mg/dL, or when 80 is predicted within 30 minutes', () => {
  assert.deepEqual(run([100, 100, 100, 69]), [false, false, false, true]);
  assert.deepEqual(run([110, 107, 104, 101]), [false, false, false, false]);
  assert.deepEqual(run([120, 115, 110, 105]), [false, false, false, true]);
});

test('basal resumes when glucose rises and no low is predicted', () => {
  assert.deepEqual(run([100, 90, 80, 78, 85, 95]), [false, false, true, true, true, false]);
});

test('no suspension is longer than two hours, nor begins within half an hour of such a one', () => {
  const suspended = run(Array.from({ length: 60 }, () => 60));
  assert.deepEqual(
    suspended.slice(0, 24),
    Array.from({ length: 24 }, () => true),
  );
  assert.deepEqual(
    suspended.slice(24, 30),
    Array.from({ length: 6 }, () => false),
  );
  assert.equal(suspended[30], true);
});

test('without readings basal resumes', () => {
  const suspend = createLowGlucoseSuspend();
  suspend.observe(60, 0);
  assert.equal(suspend.isSuspending(20 * MINUTE), true);
  assert.equal(suspend.isSuspending(21 * MINUTE), false);
});
