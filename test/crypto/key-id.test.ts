import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { concat, fromHex } from '#base/bytes';
import { KEY_ID_BYTES, keyIdOf } from '#crypto/key-id';
import { type PublicKey, signingKeyFromSeed } from '#crypto/sign';

const seed = new Uint8Array(32).fill(7);
const ed25519 = signingKeyFromSeed('Ed25519', seed).publicKey;
const mlDsa = signingKeyFromSeed('ML-DSA-65', seed).publicKey;

/** The COSE_Key written by hand: head, required members, public bytes. */
const thumbprint = (members: string, { bytes }: PublicKey): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(concat(fromHex(members), bytes))
      .digest(),
  );

test('a key id is the beginning of the thumbprint of RFC 9679, of the required members in canonical order', () => {
  // {1: 1, -1: 6, -2: 32 bytes} and {1: 7, 3: -49, -1: 1952 bytes}
  assert.deepEqual(keyIdOf(ed25519), thumbprint('a301012006215820', ed25519).slice(0, KEY_ID_BYTES));
  assert.deepEqual(keyIdOf(mlDsa), thumbprint('a30107033830205907a0', mlDsa).slice(0, KEY_ID_BYTES));
});

test('two keys of one seed have different ids', () => {
  assert.notDeepEqual(keyIdOf(ed25519), keyIdOf(mlDsa));
  assert.equal(keyIdOf(ed25519).length, KEY_ID_BYTES);
});
