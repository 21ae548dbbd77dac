import assert from 'node:assert/strict';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { encode } from 'cborg';
import { concat, fromHex, toHex } from '#base/bytes';
import {
  AGREED_BYTES,
  answerKeyAgreement,
  finishKeyAgreement,
  type KeyShare,
  ML_KEM_768_CIPHERTEXT_BYTES,
  ML_KEM_768_KEY_BYTES,
  startKeyAgreement,
  X25519_BYTES,
} from '#crypto/key-agreement';

const BINDING = { owner: 'pump-1', certificate: '5a01' };
const REFUSED = { code: 'key-agreement.refused' };

/** `bytes` with one bit of byte `index` turned over. */
function changed(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index]! ^= 0x01;
  return copy;
}

/** `share` with one bit of byte `index` turned over, counted over both of its parts. */
const changedAt = (share: KeyShare, index: number): KeyShare =>
  index < X25519_BYTES
    ? { ...share, x25519: changed(share.x25519, index) }
    : { ...share, mlKem768: changed(share.mlKem768, index - X25519_BYTES) };

test('both_ends_agree, on something new each time', () => {
  const secrets = Array.from({ length: 3 }, () => {
    const pending = startKeyAgreement();
    assert.equal(pending.share.x25519.length, X25519_BYTES);
    assert.equal(pending.share.mlKem768.length, ML_KEM_768_KEY_BYTES);
    const { share, secret } = answerKeyAgreement(pending.share, BINDING);
    assert.equal(share.mlKem768.length, ML_KEM_768_CIPHERTEXT_BYTES);
    assert.equal(secret.length, AGREED_BYTES);
    assert.deepEqual(finishKeyAgreement(pending, share, BINDING), secret);
    return toHex(secret);
  });
  assert.equal(new Set(secrets).size, 3);
});

test('ends_that_name_another_owner_or_certificate_do_not_agree', () => {
  for (const other of [
    { ...BINDING, owner: 'pump-2' },
    { ...BINDING, certificate: '5a02' },
  ]) {
    const pending = startKeyAgreement();
    const { share, secret } = answerKeyAgreement(pending.share, BINDING);
    assert.notDeepEqual(finishKeyAgreement(pending, share, other), secret);
  }
});

test('every_changed_byte_of_the_first_message_gives_another_secret, or is refused', () => {
  for (let index = 0; index < X25519_BYTES + ML_KEM_768_KEY_BYTES; index += 1) {
    const pending = startKeyAgreement();
    const answer = attempt(() => answerKeyAgreement(changedAt(pending.share, index), BINDING));
    if (answer === undefined) continue;
    assert.notDeepEqual(finishKeyAgreement(pending, answer.share, BINDING), answer.secret, `byte ${index}`);
  }
});

test('every_changed_byte_of_the_answer_gives_another_secret, or is refused', () => {
  for (let index = 0; index < X25519_BYTES + ML_KEM_768_CIPHERTEXT_BYTES; index += 1) {
    const pending = startKeyAgreement();
    const { share, secret } = answerKeyAgreement(pending.share, BINDING);
    const finished = attempt(() => finishKeyAgreement(pending, changedAt(share, index), BINDING));
    assert.notDeepEqual(finished, secret, `byte ${index}`);
  }
});

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'key-agreement.refused');
    return undefined;
  }
}

test('shares of another length are refused', () => {
  const { share } = startKeyAgreement();
  for (const wrong of [
    { ...share, x25519: share.x25519.subarray(1) },
    { ...share, x25519: concat(share.x25519, Uint8Array.of(0)) },
    { ...share, mlKem768: share.mlKem768.subarray(1) },
    { ...share, mlKem768: new Uint8Array(0) },
  ]) {
    assert.throws(() => answerKeyAgreement(wrong, BINDING), REFUSED);
    assert.throws(() => finishKeyAgreement(startKeyAgreement(), wrong, BINDING), REFUSED);
  }
});

// Points of order 1, 2, 4 and 8 and their unreduced forms (Bernstein, "Curve25519", "Which public keys are invalid?"; also in
// Wycheproof's x25519_test.json, flag LowOrderPublic)
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

test('a_point_of_low_order_is_refused by both ends', () => {
  for (const point of LOW_ORDER) {
    const pending = startKeyAgreement();
    const { share } = answerKeyAgreement(pending.share, BINDING);
    assert.throws(() => answerKeyAgreement({ ...pending.share, x25519: fromHex(point) }, BINDING), REFUSED, point);
    assert.throws(() => finishKeyAgreement(pending, { ...share, x25519: fromHex(point) }, BINDING), REFUSED, point);
  }
});

test('an encapsulation key with a coefficient beyond the modulus is refused (FIPS 203, 7.2)', () => {
  const { share } = startKeyAgreement();
  const beyond = share.mlKem768.slice();
  beyond.set([0xff, 0xff, 0xff], 300);
  assert.throws(() => answerKeyAgreement({ ...share, mlKem768: beyond }, BINDING), REFUSED);
});

test('a private half is used once, even when the answer was refused, and cannot be shown', () => {
  const pending = startKeyAgreement();
  const { share } = answerKeyAgreement(pending.share, BINDING);
  finishKeyAgreement(pending, share, BINDING);
  assert.throws(() => finishKeyAgreement(pending, share, BINDING), REFUSED);
  const spoiled = startKeyAgreement();
  assert.throws(() => finishKeyAgreement(spoiled, { ...share, x25519: new Uint8Array(32) }, BINDING), REFUSED);
  assert.throws(() => finishKeyAgreement(spoiled, share, BINDING), REFUSED);
  assert.deepEqual(Object.keys(pending), ['kind', 'share']);
  assert.doesNotMatch(inspect(pending, { depth: 9, showHidden: true }), /KeyObject/);
});

test('an initiator written from the description alone agrees, with the X25519 keys of RFC 7748, 6.1', () => {
  const der = (prefix: string, raw: Uint8Array): Buffer => Buffer.from(concat(fromHex(prefix), raw));
  const x25519Public = (raw: Uint8Array) =>
    createPublicKey({ key: der('302a300506032b656e032100', raw), format: 'der', type: 'spki' });
  const alice = createPrivateKey({
    key: der(
      '302e020100300506032b656e04220420',
      fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
    ),
    format: 'der',
    type: 'pkcs8',
  });
  const bob = fromHex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
  assert.equal(
    diffieHellman({ privateKey: alice, publicKey: x25519Public(bob) }).toString('hex'),
    '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  );
  const mlKem768 = generateKeyPairSync('ml-kem-768');
  const first = {
    x25519: fromHex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'),
    mlKem768: new Uint8Array(mlKem768.publicKey.export({ format: 'raw-public' })),
  };
  const { share, secret } = answerKeyAgreement(first, BINDING);

  const classical = diffieHellman({ privateKey: alice, publicKey: x25519Public(share.x25519) });
  const keyMaterial = concat(decapsulate(mlKem768.privateKey, share.mlKem768), classical);
  const messages = [
    [first.x25519, first.mlKem768],
    [share.x25519, share.mlKem768],
  ];
  const transcript = createHash('sha256')
    .update(encode(['pump-1', '5a01', ...messages]))
    .digest();
  const info = encode(['wardtwin/key-agreement/1', 'X25519MLKEM768', new Uint8Array(transcript)]);
  assert.equal(Buffer.from(hkdfSync('sha256', keyMaterial, Buffer.alloc(0), info, 32)).toString('hex'), toHex(secret));
});
