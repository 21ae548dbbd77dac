import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { importAeadKey } from '#crypto/aead';
import { type HistoryRecord, isRecordKind } from '#mirror/history/record';
import { headerOf, openRecord, readHeader, sealRecord } from '#mirror/history/sealed-record';

const KEY = importAeadKey('A256GCM', new Uint8Array(32).fill(3));
const OTHER_KEY = importAeadKey('A256GCM', new Uint8Array(32).fill(4));
const RECORD: HistoryRecord = {
  kind: 'MessageReceived',
  subject: 'p1',
  at: 1_760_000_000_000,
  body: { text: 'a body of some length' },
};

const headed = (fields: CborValue): Uint8Array => encodeCanonical([encodeCanonical(fields), new Uint8Array(16)]);
const HEADER = [1, 2, 'MessageReceived', 'p1', 3] as const;
const withField = (index: number, value: CborValue): Uint8Array =>
  headed(HEADER.map((field, at) => (at === index ? value : field)));

const ciphertextOf = (position: number, epoch: number): Uint8Array => {
  const [, ciphertext] = decodeCanonical(sealRecord(RECORD, position, epoch, KEY), 1_000) as CborValue[];
  return ciphertext as Uint8Array;
};

test('no_nonce_is_used_twice: the same body is enciphered otherwise at each epoch and position', () => {
  const places = [0, 1, 2, 255, 256, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 33, 2 ** 40];
  const epochs = [0, 1, 256, 2 ** 31, 2 ** 32 - 1];
  // the tag at the end covers the header too and would differ under one nonce: what is compared is the stream before it
  const streams = epochs.flatMap((epoch) =>
    places.map((position) => ciphertextOf(position, epoch).subarray(0, -16).toHex()),
  );
  assert.equal(new Set(streams).size, epochs.length * places.length);
});

test('a sealed record tells its header to everybody and its body to the holder of the key alone', () => {
  const sealed = sealRecord(RECORD, 7, 5, KEY);
  const { kind, subject, at } = RECORD;
  assert.deepEqual(readHeader(sealed), { epoch: 5, position: 7, kind, subject, at });
  assert.deepEqual(headerOf(sealed), readHeader(sealed));
  assert.deepEqual(openRecord(sealed, KEY), RECORD);
  assert.equal(openRecord(sealed, OTHER_KEY), undefined);
});

test('a record whose time is no integer is never sealed', () => {
  for (const at of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.throws(() => sealRecord({ ...RECORD, at }, 0, 0, KEY), /the time of a record is an integer/, String(at));
  }
});

test('what is no sealed record is refused as malformed, whichever part is wrong', () => {
  const malformed: Readonly<Record<string, Uint8Array>> = {
    'no array': encodeCanonical('text'),
    'one part': encodeCanonical([encodeCanonical([...HEADER])]),
    'three parts': encodeCanonical([encodeCanonical([...HEADER]), new Uint8Array(16), new Uint8Array(1)]),
    'a header that is no bytes': encodeCanonical([1, new Uint8Array(16)]),
    'a body that is no bytes': encodeCanonical([encodeCanonical([...HEADER]), 'text']),
    'a header that is no array': headed('text'),
    'a header of four': headed(HEADER.slice(0, 4)),
    'a header of six': headed([...HEADER, 1]),
    'a negative epoch': withField(0, -1),
    'a broken epoch': withField(0, 0.5),
    'an epoch of text': withField(0, '1'),
    'a negative position': withField(1, -1),
    'a position of text': withField(1, '2'),
    'an unknown kind': withField(2, 'Nothing'),
    'a kind every object has': withField(2, 'constructor'),
    'a kind that is no text': withField(2, 0),
    'a subject that is no text': withField(3, 4),
    'a time that is no integer': withField(4, 0.5),
    'a time of text': withField(4, 'now'),
  };
  assert.equal(readHeader(headed([...HEADER])).position, 2, 'the header that they are made of is good');
  for (const [what, sealed] of Object.entries(malformed)) {
    assert.throws(() => readHeader(sealed), { code: 'record.malformed', message: /^sealed record: \w/ }, what);
    assert.equal(headerOf(sealed), undefined, what);
  }
  assert.throws(() => readHeader(withField(4, 0.5)), /time/);
  assert.throws(() => readHeader(headed('text')), /header/);
  assert.throws(() => readHeader(encodeCanonical('text')), /byte strings/);
  assert.equal(headerOf(new Uint8Array([0xff])), undefined, 'no CBOR at all');
  assert.throws(() => headerOf(undefined as unknown as Uint8Array), TypeError, 'a defect of ours is not hidden');
});

test('only a name of the list is a kind of record', () => {
  assert.ok(isRecordKind('MessageReceived'));
  for (const value of ['messageReceived', '', 'toString', undefined, null, 1, ['MessageReceived']]) {
    assert.equal(isRecordKind(value), false, String(value));
  }
});
