import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { defineExercise } from '#edge/exercise/define-exercise';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { applyMessage, createTwin } from '#mirror/twin/twin';
import { messagesOf } from '#platform/records';
import { specificationOf } from '#simulate/exercise/run-ward';
import { createWard } from '#simulate/world/ward';

const laboratory = loadLaboratory();
const definition = defineExercise(laboratory, { what: 'replayed-remote-bolus' });

for (const id of ['none', 'signed-telemetry']) {
  test(`history that is replayed gives the twin byte for byte: defences ${id}`, () => {
    const request = {
      ward: laboratory.wards.get('closed-loop-home')!,
      defenceSet: laboratory.defenceSets.get(id)!,
      patient: laboratory.patientOf('adult#002'),
      horizonMin: 600,
      commissioned: undefined,
    };
    const ward = createWard(specificationOf(definition, request, 'replay', []));
    ward.start();
    ward.queue.runUntil(ward.queue.now() + 600 * 60_000);
    let twin = createTwin('patient');
    let messages = 0;
    ward.history.replay((record) => {
      for (const message of messagesOf(record)) {
        twin = applyMessage(twin, message).twin;
        messages += 1;
      }
    });
    assert.ok(messages > 300);
    assert.deepEqual(encodeTwin(twin), encodeTwin(ward.platform.platform.twin()));
  });
}
