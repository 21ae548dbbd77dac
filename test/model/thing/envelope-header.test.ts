import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, utf8 } from '#base/bytes';
import { type CborValue, encodeCanonical } from '#base/canonical';
import { importAeadKey, NONCE_BYTES } from '#crypto/aead';
import { HEADER, parseCose, partialIvOf, sealEncrypt0 } from '#crypto/cose';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { parseEnvelope, sealContent } from '#model/thing/envelope';
import { encodeEnvelopeHeader } from '#model/thing/envelope-header';

const REPORT = 'application/vnd.wardtwin.report+cbor';
const KEY = importAeadKey('A128GCM', new Uint8Array(16));
const PARTIAL_IV = partialIvOf(300);

const sealedUnder = (headers: ReadonlyMap<number | string, CborValue>): Uint8Array =>
  sealEncrypt0(KEY, new Uint8Array(NONCE_BYTES), headers, utf8('content'));

/** An envelope with these bytes as its protected header. */
const withHeader = (header: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(0xd0), encodeCanonical([header, {}, new Uint8Array(16)]));

const GOOD: readonly (readonly [number, CborValue])[] = [
  [HEADER.contentType, REPORT],
  [HEADER.keyId, utf8('pump-1')],
  [HEADER.partialIv, PARTIAL_IV],
];

test('an envelope is a COSE_Encrypt0 with the four headers of RFC 9052, as the general reader reads it', () => {
  const key = deriveEnrolmentKey('pump-1', new Uint8Array(32));
  const bytes = sealContent('Report', utf8('content'), key.uplink, 300);
  const { headers, untrusted, protectedBytes, body } = parseCose('Encrypt0', bytes, { limit: 1000 });
  assert.deepEqual(headers, new Map<number, CborValue>([[HEADER.algorithm, 1], ...GOOD]));
  assert.equal(untrusted.size, 0);
  const { algorithm, contentKind, sender, sequence, partialIv, sealed } = parseEnvelope(bytes);
  assert.deepEqual([algorithm, contentKind, sender, sequence], [1, 'Report', 'pump-1', 300]);
  assert.deepEqual(partialIv, PARTIAL_IV);
  assert.deepEqual(sealed, { protectedBytes, ciphertext: body });
});

test('a protected header that is missing, another, added or of another type refuses the message', () => {
  assert.equal(parseEnvelope(sealedUnder(new Map(GOOD))).sender, 'pump-1');
  const but = (...entries: readonly (readonly [number | string, CborValue])[]) =>
    sealedUnder(new Map<number | string, CborValue>([...GOOD, ...entries]));
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ...GOOD.map(([label]) => [`no ${label}`, sealedUnder(new Map(GOOD.filter(([other]) => other !== label)))] as const),
    ['one more', but([99, 1])],
    ['a critical one', but([HEADER.critical, [HEADER.keyId]])],
    ['a text label', but(['a', 1])],
    ['another content type', but([HEADER.contentType, 'text/plain'])],
    ['a content format number', but([HEADER.contentType, 60])],
    ['a key id as text', but([HEADER.keyId, 'pump-1'])],
    ['a key id that is no thing id', but([HEADER.keyId, utf8('Pump')])],
    ['a key id of 65', but([HEADER.keyId, utf8('p'.repeat(65))])],
    [
      'an algorithm as text',
      withHeader(encodeCanonical(new Map<number, CborValue>([[HEADER.algorithm, 'a'], ...GOOD]))),
    ],
    [
      'bytes after the headers',
      withHeader(concat(encodeEnvelopeHeader(1, 'Report', 'pump-1', PARTIAL_IV), new Uint8Array(1))),
    ],
    ['a partial iv with a leading zero', but([HEADER.partialIv, Uint8Array.of(0, 1)])],
    ['a partial iv of six bytes', but([HEADER.partialIv, new Uint8Array(6).fill(1)])],
    ['an empty partial iv', but([HEADER.partialIv, new Uint8Array(0)])],
    ['a partial iv as a number', but([HEADER.partialIv, 300])],
    ['trailing bytes', concat(sealedUnder(new Map(GOOD)), Uint8Array.of(0))],
    ['no tag', sealedUnder(new Map(GOOD)).subarray(1)],
    ['no headers', concat(Uint8Array.of(0xd0), encodeCanonical([new Uint8Array(0), {}, new Uint8Array(16)]))],
  ];
  for (const [what, bytes] of bad) {
    assert.throws(() => parseEnvelope(bytes), { code: /^(envelope|cose|cbor)\.malformed$/ }, what);
  }
  assert.throws(() => parseEnvelope(but([HEADER.keyId, utf8('Pump')])), {
    message: 'envelope: the key id is no thing id',
  });
  assert.throws(
    () => parseEnvelope(but([99, 1])),
    /^Fault: envelope: the protected headers are algorithm, content type/,
  );
  assert.equal(parseEnvelope(but([HEADER.keyId, utf8('p'.repeat(64))])).sender, 'p'.repeat(64));
});
