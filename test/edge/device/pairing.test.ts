import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createDeviceStorage } from '#edge/device/device-storage';
import { linkOf, readPairing, writePairing } from '#edge/device/pairing';
import { createLink } from '#model/device/link/link';

function folder(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-pairing-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const frame = { from: 'handset', to: 'pump', operation: 'wake-up', request: 1, payload: new Uint8Array(0) } as const;

test('a_counter_never_repeats_over_a_restart, and what was recorded before it is refused', (context) => {
  const directory = folder(context);
  const path = join(directory, 'pairing.json');
  writePairing(path);
  assert.equal(statSync(path).mode & 0o077, 0);
  const pairing = readPairing(path);
  const pump = createLink(linkOf('pump', pairing, 1), new Set());
  const switchOn = () => createLink(linkOf('handset', pairing, createDeviceStorage(directory).countStart()), new Set());

  const before = switchOn();
  const recorded = before.encode(frame);
  assert.equal(pump.decode(recorded).kind, 'frame');
  const after = switchOn();
  const fresh = after.encode(frame);
  assert.notDeepEqual(fresh, recorded);
  assert.equal(pump.decode(fresh).kind, 'frame', 'a device that was switched on again is heard at once');
  for (const old of [recorded, before.encode(frame)]) {
    const decoded = pump.decode(old);
    assert.equal(decoded.kind === 'refused' && decoded.reason, 'replayed');
  }
});

test('devices that were not paired with each other do not hear each other', (context) => {
  const directory = folder(context);
  const [mine, theirs] = ['mine', 'theirs'].map((name) => join(directory, name));
  writePairing(mine!);
  writePairing(theirs!);
  const pump = createLink(linkOf('pump', readPairing(mine!), 1), new Set());
  const handset = createLink(linkOf('handset', readPairing(theirs!), 1), new Set());
  const decoded = pump.decode(handset.encode(frame));
  assert.equal(decoded.kind === 'refused' && decoded.reason, 'not-authentic');
  writeFileSync(mine!, '{}');
  assert.throws(() => readPairing(mine!), { code: 'device.pairing' });
});
