import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runDevice } from '#edge/device/run-device';
import type { Live } from '#edge/live/live';
import { PATIENT, SUBJECT, startLiveWard, WARD } from './live-ward.ts';

const glucoseOf = (live: Live): unknown => live.fleet.subject(SUBJECT)?.twin.reported['cgm']?.['glucose'];
const readingsOf = (live: Live): number =>
  live.changes.since(0)?.filter(({ record }) => record.kind === 'MessageReceived').length ?? 0;

test('a glucose monitor enrols, reports, is restarted and goes on where it was', async (context) => {
  const ward = await startLiveWard(context, 600);
  const { live, server, directory, mqtt, scale } = ward;
  const token = await ward.expect({ thing: 'cgm-1', role: 'cgm', model: 'glucose-monitor', speaksFor: [] });
  const run = {
    model: 'glucose-monitor',
    thing: 'cgm-1',
    origin: server.origin,
    ca: readFileSync(join(directory, 'data', 'ca.pem'), 'utf8'),
    mqtt,
    directory: join(directory, 'cgm-1'),
    patient: PATIENT,
    ward: WARD,
    scale,
    log: () => {},
  };
  const device = await runDevice({ ...run, token });
  await ward.until((now) => readingsOf(now) >= 2);
  assert.ok(glucoseOf(live) !== undefined);
  await device.close();
  const told = readingsOf(live);

  // no token any more: certificate, keys and counters are kept
  const again = await runDevice(run);
  await ward.until((now) => readingsOf(now) >= told + 2);
  await again.close();
  const kinds = new Set(live.changes.since(0)?.map(({ record }) => record.kind));
  assert.equal(kinds.has('MessageRefused'), false);
  assert.equal(live.changes.since(0)?.filter(({ record }) => record.kind === 'ThingKeyed').length, 1);
  const sequences = live.changes
    .since(0)
    ?.filter(({ record }) => record.kind === 'MessageReceived')
    .map(({ record }) => (record.body as { readonly sequence: number }).sequence);
  assert.deepEqual(
    sequences,
    sequences?.map((_, index) => index),
    'no gap, no repetition',
  );
});
