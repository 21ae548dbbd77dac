import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '#base/bytes';
import {
  cosign,
  createCosigner,
  formatCosignatureKey,
  parseCosignatureKey,
  verifyCosignature,
} from '#crypto/cosignature';
import { importPublicKey, signingKeyFromSeed } from '#crypto/sign';
import {
  createNoteSigner,
  formatCheckpoint,
  formatVerifierKey,
  openNote,
  signNote,
  splitNote,
} from '#crypto/signed-note';

const witness = createCosigner('witness.example/w1', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(3)));
const log = createNoteSigner('ward.example/history', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(4)));
const text = formatCheckpoint({ origin: 'ward.example/history', size: 7, root: new Uint8Array(32) }, ['at 5']);
const note = signNote(text, [log]);

test('a cosigned note still opens, and the cosignature tells when', () => {
  const cosigned = note + cosign(text, witness, 1_679_315_147);
  assert.equal(openNote(cosigned, [log.verifier]).text, text);
  const line = splitNote(cosigned).signatures.at(-1)!;
  assert.equal(line.signature.length, 8 + 64);
  assert.equal(verifyCosignature(text, line, witness.verifier), 1_679_315_147);
});

test('a changed byte of text, time or signature does not verify', () => {
  const line = splitNote(note + cosign(text, witness, 1_679_315_147)).signatures.at(-1)!;
  assert.equal(verifyCosignature(text.replace('7', '8'), line, witness.verifier), undefined);
  for (let index = 0; index < line.signature.length; index += 1) {
    const signature = line.signature.slice();
    signature[index]! ^= 1;
    assert.equal(verifyCosignature(text, { ...line, signature }, witness.verifier), undefined, `byte ${index}`);
  }
  assert.equal(verifyCosignature(text, { ...line, signature: new Uint8Array(3) }, witness.verifier), undefined);
});

test('a key line is read back, and a line of another kind is none', () => {
  const line = formatCosignatureKey(witness.verifier);
  assert.deepEqual(parseCosignatureKey(line)?.keyId, witness.verifier.keyId);
  assert.equal(parseCosignatureKey(formatVerifierKey(log.verifier)), undefined);
  assert.equal(parseCosignatureKey(line.replace('w1', 'w2')), undefined);
  assert.equal(parseCosignatureKey('nothing'), undefined);
});

test('a cosigner signs with Ed25519', () => {
  const key = signingKeyFromSeed('ML-DSA-65', new Uint8Array(32));
  assert.throws(() => createCosigner('w', key), { code: 'key.unsuitable' });
  assert.throws(() => importPublicKey('Ed25519', fromHex('00')), { code: 'key.unsuitable' });
});
