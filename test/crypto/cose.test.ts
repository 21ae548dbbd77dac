import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, utf8 } from '#base/bytes';
import { type CborValue, encodeCanonical } from '#base/canonical';
import { importAeadKey } from '#crypto/aead';
import {
  createMac0,
  createSign1,
  HEADER,
  MAX_SEQUENCE,
  nonceOf,
  openEncrypt0,
  parseCose,
  partialIvOf,
  sealEncrypt0,
  sequenceOf,
  verifyMac0,
  verifySign1,
} from '#crypto/cose';
import { importMacKey } from '#crypto/mac';
import { importPublicKey, signingKeyFromSeed } from '#crypto/sign';

const POLICY = { limit: 10_000 };
const CONTENT = utf8('This is the content.');
const fromBase64Url = (text: string): Uint8Array => Uint8Array.fromBase64(text, { alphabet: 'base64url' });

// github.com/cose-wg/Examples, the examples that RFC 9052 appendix C draws on
const KEY_128 = importAeadKey('A128GCM', fromBase64Url('hJtXIZ2uSN5kbQfbtTNWbg'));
const KEY_256 = importAeadKey('A256GCM', fromBase64Url('Dx4tPEtaaXiHlqW0w9Lh8B8uPUxbanmIl6a1xNPi8QA'));
const MAC_KEY = importMacKey(fromBase64Url('hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg'));
const ED25519_KEY = signingKeyFromSeed(
  'Ed25519',
  fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
);
const EXAMPLES = {
  'aes-gcm-enc-01':
    'D08343A10101A1054C02D1F7E6F26C43D4868D87CE582460973A94BB2898009EE52ECFD9AB1DD25867374B162E2C03568B41F57C3CC16F9166250A',
  'aes-gcm-enc-03':
    'D08343A10103A1054C02D1F7E6F26C43D4868D87CE58249D64A5A59A3B04867DCCF6B8EF82F7D1A3B25EF84ECA2BC5D7593A96E943859A9CC24AD3',
  'enc-pass-02':
    'D08343A10101A1054C02D1F7E6F26C43D4868D87CE582460973A94BB2898009EE52ECFD9AB1DD25867374B1DC3A143880CA2883A5630DA08AE1E6E',
  'enc-fail-02':
    'D08343A10101A1054C02D1F7E6F26C43D4868D87CE582460973A94BB2898009EE52ECFD9AB1DD25867374B162E2C03568B41F57C3CC16F9166250B',
  'HMac-enc-01':
    'D18443A10105A054546869732069732074686520636F6E74656E742E5820A1A848D3471F9D61EE49018D244C824772F223AD4F935293F1789FC3A08D8C58',
  'mac-pass-02':
    'D18440A1010554546869732069732074686520636F6E74656E742E58200FECAEC59BB46CC8A488AACA4B205E322DD52696B75A45768D3C302DD4BAE2F7',
  'eddsa-sig-01':
    'D28445A201270300A10442313154546869732069732074686520636F6E74656E742E58407142FD2FF96D56DB85BEE905A76BA1D0B7321A95C8C4D3607C5781932B7AFB8711497DFA751BF40B58B3BCC32300B1487F3DB34085EEF013BF08F4A44D6FEF0D',
} as const;

const encrypt0 = (name: keyof typeof EXAMPLES) => {
  const message = parseCose('Encrypt0', fromHex(EXAMPLES[name]), POLICY);
  // these examples carry the whole IV unprotected, which is public and need not be genuine
  return { message, nonce: message.untrusted.get(HEADER.iv) as Uint8Array };
};

test('Encrypt0 examples of the COSE working group open', () => {
  for (const [name, key] of [
    ['aes-gcm-enc-01', KEY_128],
    ['aes-gcm-enc-03', KEY_256],
  ] as const) {
    const { message, nonce } = encrypt0(name);
    assert.deepEqual(openEncrypt0(message, key, nonce), CONTENT);
  }
  const { message, nonce } = encrypt0('enc-pass-02');
  assert.deepEqual(openEncrypt0(message, KEY_128, nonce, fromHex('0011bbcc22dd4455dd220099')), CONTENT);
  assert.equal(openEncrypt0(message, KEY_128, nonce), undefined, 'without the external data');
});

test('an Encrypt0 example with a changed tag does not open', () => {
  const { message, nonce } = encrypt0('enc-fail-02');
  assert.equal(openEncrypt0(message, KEY_128, nonce), undefined);
});

test('a Mac0 example of the COSE working group verifies and is reproduced', () => {
  const bytes = fromHex(EXAMPLES['HMac-enc-01']);
  const message = parseCose('Mac0', bytes, POLICY);
  assert.ok(verifyMac0(message, MAC_KEY));
  assert.deepEqual(message.body, CONTENT);
  assert.deepEqual(createMac0(MAC_KEY, new Map(), CONTENT), bytes);
});

test('an algorithm that only the unprotected header states is not believed', () => {
  const message = parseCose('Mac0', fromHex(EXAMPLES['mac-pass-02']), POLICY);
  assert.ok(!verifyMac0(message, MAC_KEY, fromHex('ff00ee11dd22cc33bb44aa559966')));
});

test('a Sign1 example of the COSE working group verifies and its signature is reproduced', () => {
  const message = parseCose('Sign1', fromHex(EXAMPLES['eddsa-sig-01']), POLICY);
  assert.ok(verifySign1(message, importPublicKey('Ed25519', ED25519_KEY.publicKey.bytes)));
  const ours = parseCose('Sign1', createSign1(ED25519_KEY, new Map([[HEADER.contentType, 0]]), CONTENT), POLICY);
  assert.deepEqual(ours.proof, message.proof);
  assert.deepEqual(ours.protectedBytes, message.protectedBytes);
});

test('Sign1 with ML-DSA-65', () => {
  const key = signingKeyFromSeed('ML-DSA-65', new Uint8Array(32));
  const message = parseCose('Sign1', createSign1(key, new Map(), CONTENT), POLICY);
  assert.ok(verifySign1(message, key.publicKey));
  assert.ok(!verifySign1(message, key.publicKey, utf8('other context')));
});

const NONCE = new Uint8Array(12);
const withHeaders = (headers: CborValue, untrusted: CborValue = {}): Uint8Array =>
  concat(Uint8Array.of(0xd0), encodeCanonical([encodeCanonical(headers), untrusted, new Uint8Array(16)]));

test('a critical header that is not understood, or not protected, refuses the message', () => {
  const critical = new Map<number, CborValue>([
    [HEADER.algorithm, 1],
    [HEADER.critical, [-70000]],
    [-70000, true],
  ]);
  assert.throws(() => parseCose('Encrypt0', withHeaders(critical), POLICY), { code: 'cose.critical' });
  const understood = new Set([-70000]);
  assert.doesNotThrow(() => parseCose('Encrypt0', withHeaders(critical), { ...POLICY, understood }));
  const absent = new Map<number, CborValue>([[HEADER.critical, [-70000]]]);
  assert.throws(() => parseCose('Encrypt0', withHeaders(absent), { ...POLICY, understood }), {
    code: 'cose.malformed',
  });
  const empty = new Map<number, CborValue>([[HEADER.critical, []]]);
  assert.throws(() => parseCose('Encrypt0', withHeaders(empty), POLICY), { code: 'cose.malformed' });
});

test('the algorithm is the key\u2019s: a message that states another one is refused by both sides', () => {
  const sealed = sealEncrypt0(KEY_128, NONCE, new Map(), CONTENT);
  const message = parseCose('Encrypt0', sealed, POLICY);
  assert.deepEqual(openEncrypt0(message, KEY_128, NONCE), CONTENT);
  const renamed = { ...message, headers: new Map([[HEADER.algorithm, 3]]) };
  assert.equal(openEncrypt0(renamed, KEY_128, NONCE), undefined);
  assert.throws(() => sealEncrypt0(KEY_128, NONCE, new Map([[HEADER.algorithm, 3]]), CONTENT), {
    code: 'cose.algorithm',
  });
});

test('a message of one kind is not read as another, and structure is strict', () => {
  const mac0 = createMac0(MAC_KEY, new Map(), CONTENT);
  assert.throws(() => parseCose('Sign1', mac0, POLICY), { code: 'cose.malformed' });
  assert.throws(() => parseCose('Encrypt0', mac0.subarray(1), POLICY), { code: 'cose.malformed' });
  const retagged = mac0.slice();
  retagged[0] = 0xd2;
  const asSign1 = parseCose('Sign1', retagged, POLICY);
  assert.ok(!verifySign1(asSign1, ED25519_KEY.publicKey));
  assert.throws(() => parseCose('Encrypt0', withHeaders([1]), POLICY), { code: 'cose.malformed' });
  assert.throws(() => parseCose('Encrypt0', withHeaders({}, 1), POLICY), { code: 'cose.malformed' });
  assert.throws(() => parseCose('Encrypt0', new Uint8Array(0), POLICY), { code: 'cose.malformed' });
});

test('a sequence number and its partial iv are one to one, and so is the nonce', () => {
  const baseIv = fromHex('0102030405060708090a0b0c');
  const sequence = fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 0, max: MAX_SEQUENCE }));
  fc.assert(
    fc.property(sequence, sequence, (first, second) => {
      assert.equal(sequenceOf(partialIvOf(first)), first);
      const nonces = [first, second].map((number) => nonceOf(baseIv, partialIvOf(number)).toHex());
      assert.equal(nonces[0] === nonces[1], first === second);
    }),
  );
  assert.throws(() => partialIvOf(MAX_SEQUENCE + 1), { code: 'cose.sequence' });
  assert.equal(sequenceOf(fromHex('0001')), undefined, 'not in its shortest form');
  assert.equal(sequenceOf(fromHex('010000000000')), undefined, 'six bytes');
});
