import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { signingKeyFromSeed } from '#crypto/sign';
import { createCommandSealer } from '#mirror/channel/command-sealer';
import { createEndpoint, type OpenedCommand } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { Command } from '#model/thing/message';

const random = createRandom('sealer');
const key = deriveEnrolmentKey('pump-1', random.fork('pump').bytes(32));
const signers = [signingKeyFromSeed('Ed25519', random.fork('signer').bytes(32))];
const commandKeys = signers.map(({ publicKey }) => publicKey);

const command: Command = {
  kind: 'Command',
  id: 'c-1',
  thing: 'pump-1',
  action: 'suspend',
  input: {},
  issuedAt: 0,
  expiresAt: 60_000,
};

test('each command has a sequence and a counter of its own, also over a restart', () => {
  const device = createEndpoint(key, { commandKeys });
  const open = (bytes: Uint8Array): readonly number[] => {
    const opened = device.openCommand(bytes) as OpenedCommand;
    return [opened.sequence, opened.counter];
  };
  const sealer = createCommandSealer(key, { signers });
  assert.deepEqual(open(sealer.seal(command)), [0, 0]);
  assert.deepEqual(open(sealer.seal(command)), [1, 1]);
  const restarted = createCommandSealer(key, { signers, ...sealer.snapshot() });
  assert.deepEqual(open(restarted.seal(command)), [2, 2]);
  assert.deepEqual(restarted.snapshot(), { nextSequence: 3, nextCounter: 3 });
});

test('with another enrolment key the sequence begins anew and the counter goes on', () => {
  const before = createCommandSealer(key, { signers });
  before.seal(command);
  const { nextCounter } = before.snapshot();
  const rekeyed = createCommandSealer(deriveEnrolmentKey('pump-1', random.fork('next').bytes(32)), {
    signers,
    nextCounter,
  });
  rekeyed.seal(command);
  assert.deepEqual(rekeyed.snapshot(), { nextSequence: 1, nextCounter: 2 });
});

test('nothing is sealed without a signer, or for another thing than the owner of the key', () => {
  assert.throws(() => createCommandSealer(key, { signers: [] }), /a command has a signer/);
  const sealer = createCommandSealer(key, { signers });
  assert.throws(() => sealer.seal({ ...command, thing: 'pump-2' }), /sealed for the thing that it names/);
  assert.deepEqual(sealer.snapshot(), { nextSequence: 0, nextCounter: 0 });
});
