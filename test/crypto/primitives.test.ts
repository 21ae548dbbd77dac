import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { fromHex, toHex, utf8 } from '#base/bytes';
import { createRandom } from '#base/random';
import { type AeadAlgorithm, importAeadKey, open, seal } from '#crypto/aead';
import { sha256 } from '#crypto/digest';
import { hkdf } from '#crypto/hkdf';
import { importMacKey, mac, verifyMac } from '#crypto/mac';
import {
  generateSigningKey,
  importPublicKey,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
  sign,
  signingKeyFromSeed,
  verify,
} from '#crypto/sign';

test('SHA-256 of "abc" (FIPS 180-4, example of NIST)', () => {
  assert.equal(toHex(sha256(utf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('HKDF-SHA-256 (RFC 5869, A.1 and A.3)', () => {
  const secret = new Uint8Array(22).fill(0x0b);
  assert.equal(
    toHex(hkdf(secret, fromHex('000102030405060708090a0b0c'), fromHex('f0f1f2f3f4f5f6f7f8f9'), 42)),
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  );
  assert.equal(
    toHex(hkdf(secret, new Uint8Array(0), new Uint8Array(0), 42)),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  );
});

test('HMAC-SHA-256 (RFC 4231, test case 6)', () => {
  const key = importMacKey(new Uint8Array(131).fill(0xaa));
  const message = utf8('Test Using Larger Than Block-Size Key - Hash Key First');
  const tag = fromHex('60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54');
  assert.deepEqual(mac(key, message), tag);
  assert.ok(verifyMac(key, message, tag));
  assert.ok(!verifyMac(key, message, tag.subarray(0, 31)));
  tag[31]! ^= 1;
  assert.ok(!verifyMac(key, message, tag));
  assert.throws(() => importMacKey(new Uint8Array(31)), { code: 'key.unsuitable' });
});

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 4 and 16, submitted to NIST for SP 800-38D
const PLAINTEXT = fromHex(
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
);
const ADDITIONAL = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
const NONCE = fromHex('cafebabefacedbaddecaf888');
const GCM: readonly (readonly [AeadAlgorithm, string, string])[] = [
  [
    'A128GCM',
    'feffe9928665731c6d6a8f9467308308',
    '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091' +
      '5bc94fbc3221a5db94fae95ae7121a47',
  ],
  [
    'A256GCM',
    'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
      '76fc6ece0f4e1768cddf8853bb2d551b',
  ],
];

test('AES-GCM (NIST test cases 4 and 16), and every altered byte is refused', () => {
  for (const [algorithm, keyHex, sealedHex] of GCM) {
    const key = importAeadKey(algorithm, fromHex(keyHex));
    const sealed = fromHex(sealedHex);
    assert.deepEqual(seal(key, NONCE, PLAINTEXT, ADDITIONAL), sealed);
    assert.deepEqual(open(key, NONCE, sealed, ADDITIONAL), PLAINTEXT);
    for (let index = 0; index < sealed.length; index += 1) {
      const altered = sealed.slice();
      altered[index]! ^= 0x01;
      assert.equal(open(key, NONCE, altered, ADDITIONAL), undefined);
    }
    assert.equal(open(key, NONCE, sealed, ADDITIONAL.subarray(1)), undefined);
    assert.equal(open(key, NONCE.toReversed(), sealed, ADDITIONAL), undefined);
    assert.equal(open(key, NONCE, sealed.subarray(0, 15), ADDITIONAL), undefined, 'shorter than a tag');
  }
  assert.throws(() => importAeadKey('A256GCM', new Uint8Array(16)), { code: 'key.unsuitable' });
});

// RFC 8032, 7.1, TEST 1 and TEST 2
const ED25519: readonly (readonly [string, string, string, string])[] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
];

test('Ed25519 (RFC 8032, 7.1)', () => {
  for (const [seed, publicHex, message, signature] of ED25519) {
    const key = signingKeyFromSeed('Ed25519', fromHex(seed));
    assert.equal(toHex(key.publicKey.bytes), publicHex);
    assert.equal(toHex(sign(key, fromHex(message))), signature);
    assert.ok(verify(importPublicKey('Ed25519', fromHex(publicHex)), fromHex(message), fromHex(signature)));
  }
});

test('the ML-DSA-65 key of a seed is the one of RFC 9881, appendix C (seed 00 to 1f; first 32 bytes)', () => {
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index);
  const { publicKey } = signingKeyFromSeed('ML-DSA-65', seed);
  assert.equal(
    toHex(publicKey.bytes.subarray(0, 32)),
    '48683d91978e31eb3dddb8b0473482d2b88a5f625949fd8f58a561e696bd4c27',
  );
});

const ALGORITHMS = Object.keys(SIGNATURE_ALGORITHMS) as SignatureAlgorithm[];

test('a signature verifies for its message and key alone', () => {
  const random = createRandom('signatures');
  for (const algorithm of ALGORITHMS) {
    const key = signingKeyFromSeed(algorithm, random.bytes(32));
    const other = generateSigningKey(algorithm);
    const message = random.bytes(100);
    const signature = sign(key, message);
    assert.equal(signature.length, SIGNATURE_ALGORITHMS[algorithm].signatureBytes);
    assert.ok(verify(importPublicKey(algorithm, key.publicKey.bytes), message, signature));
    assert.ok(!verify(other.publicKey, message, signature));
    assert.ok(!verify(key.publicKey, message.subarray(1), signature));
    assert.ok(!verify(key.publicKey, message, signature.subarray(1)));
    for (const index of [0, 31, 32, signature.length - 1]) {
      const altered = signature.slice();
      altered[index]! ^= 0x80;
      assert.ok(!verify(key.publicKey, message, altered), `${algorithm} byte ${index}`);
    }
  }
});

test('keys of the wrong length are refused', () => {
  for (const algorithm of ALGORITHMS) {
    assert.throws(() => signingKeyFromSeed(algorithm, new Uint8Array(31)), { code: 'key.unsuitable' });
    assert.throws(() => importPublicKey(algorithm, new Uint8Array(33)), { code: 'key.unsuitable' });
  }
});

test('no way of printing or copying a key shows its secret', () => {
  const secret = new Uint8Array(32).fill(0xa5);
  const keys = [importAeadKey('A256GCM', secret), importMacKey(secret), signingKeyFromSeed('Ed25519', secret)];
  for (const key of keys) {
    const shown = [JSON.stringify(key), inspect(key, { depth: 9, showHidden: true }), String(key)];
    const copied = inspect(structuredClone({ ...key }), { depth: 9, maxArrayLength: null });
    for (const text of [...shown, copied]) assert.doesNotMatch(text, /a5a5|165, ?165/i);
  }
});

test('what looks like a key and was not imported is refused', () => {
  const forged = { kind: 'AeadKey', algorithm: 'A256GCM' } as const;
  assert.throws(() => seal(forged, NONCE, PLAINTEXT, ADDITIONAL), { code: 'key.unsuitable' });
});
