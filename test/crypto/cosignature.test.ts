import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
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

test('key id, time and message are those of the specification, put together by hand', () => {
  const { signature, keyId } = splitNote(note + cosign(text, witness, 1_679_315_147)).signatures.at(-1)!;
  const publicKey = Buffer.from(witness.key.publicKey.bytes);
  const id = createHash('sha256').update('witness.example/w1\n').update(Buffer.of(4)).update(publicKey).digest();
  assert.deepEqual(Buffer.from(keyId), id.subarray(0, 4));
  assert.equal(Buffer.from(signature).readBigUInt64BE(0), 1_679_315_147n);
  const message = Buffer.from(`cosignature/v1\ntime 1679315147\n${text}`);
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') };
  assert.ok(verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature.subarray(8)));
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
