import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#base/fault';
import { createDeviceClock } from '#edge/device/device-clock';
import { startSideChannel } from '#edge/device/side-channel';
import { createSideChannelClient, type SideChannel } from '#edge/device/side-channel-client';
import { decodeSideChannel, encodeSideChannel, type FromPatient } from '#edge/device/side-channel-message';
import type { Peer } from '#model/device/link/peer';
import { PATIENT, WARD } from './live-ward.ts';

async function startPatient(context: TestContext, speed: number) {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-air-'));
  const path = join(directory, 'air.sock');
  const now = Date.now();
  const clock = createDeviceClock({ realAnchor: now, simulatedAnchor: now, speed });
  const air = { ...WARD, radio: { loss: 0, latencyMs: 1, jitterMs: 0 } };
  const server = await startSideChannel(path, clock, { ward: air, patient: PATIENT, seed: '1' });
  context.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const joinAs = (peer: Peer, onMessage: (message: FromPatient) => void): SideChannel => {
    const channel = createSideChannelClient(path, peer, onMessage);
    context.after(() => channel.close());
    return channel;
  };
  return { path, server, joinAs };
}

/** Resolves once the device is there: a sensor reading comes only to who joined. */
async function sensing(channel: SideChannel): Promise<number> {
  for (;;) {
    const glucose = await channel.sense();
    if (glucose !== undefined) return glucose;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('what one device transmits the others hear, and the sensor reads the body', async (context) => {
  const { path, joinAs } = await startPatient(context, 1);
  assert.equal(statSync(path).mode & 0o077, 0, 'nobody else can open it');
  const heard: string[] = [];
  let resolveHeard = (): void => {};
  const isHeard = new Promise<void>((resolve) => {
    resolveHeard = resolve;
  });
  const pump = joinAs('pump', (message) => {
    heard.push(message.kind);
    resolveHeard();
  });
  const cgm = joinAs('cgm', () => heard.push('echo'));
  await sensing(pump);
  const glucose = await sensing(cgm);
  assert.ok(glucose > 60 && glucose < 200, `fasting: ${glucose}`);
  cgm.send({ kind: 'radio', frame: Uint8Array.of(1, 2, 3) });
  await isHeard;
  assert.deepEqual(heard, ['radio']);
});

test('insulin that the pump pushes out reaches the body, of nobody else', async (context) => {
  const { server, joinAs } = await startPatient(context, 1);
  const pump = joinAs('pump', () => {});
  const cgm = joinAs('cgm', () => {});
  await sensing(pump);
  await sensing(cgm);
  cgm.send({ kind: 'deliver', units: 5 });
  pump.send({ kind: 'deliver', units: 2 });
  await sensing(cgm);
  await sensing(pump);
  assert.equal(server.person.body.infused, 2);
});

test('bytes that are no message end their connection only', async (context) => {
  const { path, joinAs } = await startPatient(context, 1);
  const cgm = joinAs('cgm', () => {});
  await sensing(cgm);
  for (const bytes of [
    [0xff, 0xff, 0xff, 0xff],
    [0, 0, 0, 1, 0xff],
    [0, 0, 0, 3, 0xa0, 0xa0, 0xa0],
  ]) {
    const socket = connect(path);
    socket.on('error', () => {});
    const isClosed = once(socket, 'close');
    socket.resume().write(Uint8Array.from(bytes));
    await isClosed;
  }
  assert.ok((await cgm.sense()) !== undefined);
});

test('a message is read back as it was written, and whatever else is refused as malformed', () => {
  const message = { kind: 'ask', requestId: 3, units: 4.5, via: 'platform' } as const;
  assert.deepEqual(decodeSideChannel(encodeSideChannel(message)), message);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        decodeSideChannel(bytes);
      } catch (error) {
        assert.ok(error instanceof Fault, String(error));
      }
    }),
  );
});
