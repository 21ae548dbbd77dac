import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { commissionFor, laboratory, only } from './laboratory-bench.ts';
import { TECHNIQUE_CASES } from './technique-cases.ts';
import { foundBy, runTechnique } from './technique-run.ts';

const commissioned = commissionFor(laboratory.wards.get('closed-loop-home')!);
const DEVICE = laboratory.defenceSets.get('device')!.device;

/** Everything that does not ask the person: whether somebody sleeps at night is not a check of a device. */
const EVERY_DEVICE_CHECK = only({ ...DEVICE, confirmRemoteBolus: false });
const MONITOR = only({}, { monitor: 'all' });

test('the table of cases covers every technique', () => {
  assert.deepEqual(
    [...TECHNIQUES.keys()].filter((id) => !TECHNIQUE_CASES.some(({ attack }) => attack.technique === id)),
    [],
  );
});

for (const { attack, works, effect, against } of TECHNIQUE_CASES) {
  const name = `${attack.technique} ${attack.parameters === undefined ? '' : JSON.stringify(attack.parameters)}`.trim();

  test(`works where its precondition holds: ${name}`, () => effect(runTechnique(attack, works)));

  if (against.kind === 'stopped') {
    test(`is stopped by ${against.by}: ${name}`, () => {
      const pair = runTechnique(attack, { ...works, defences: against.defences, commissioned });
      assert.throws(() => effect(pair), assert.AssertionError, 'the effect is gone');
      against.evidence(pair);
    });
  } else {
    test(`no defence of ours stops it (${against.why}): ${name}`, () => {
      effect(runTechnique(attack, { ...works, defences: EVERY_DEVICE_CHECK }));
      if (against.noticedBy === undefined) return;
      const { attacked, baseline } = runTechnique(attack, { ...works, defences: MONITOR, commissioned });
      assert.ok(foundBy(attacked, against.noticedBy), `${against.noticedBy} notices it`);
      assert.ok(!foundBy(baseline, against.noticedBy), `${against.noticedBy} notices nothing else`);
    });
  }
}
