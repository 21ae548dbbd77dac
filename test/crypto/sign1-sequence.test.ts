import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, utf8 } from '#base/bytes';
import { encodeCanonical } from '#base/canonical';
import { createMac0, createSign1 } from '#crypto/cose';
import { importMacKey } from '#crypto/mac';
import { signingKeyFromSeed } from '#crypto/sign';
import { splitSign1s } from '#crypto/sign1-sequence';

const key = signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(7));
const parts = ['one', 'two', 'three'].map((text) => createSign1(key, new Map(), utf8(text)));

test('a sequence is taken apart into what it was put together from', () => {
  assert.deepEqual(splitSign1s(concat(...parts), 1_000, 3), parts);
  assert.deepEqual(splitSign1s(parts[0]!, 1_000, 1), parts.slice(0, 1));
});

test('nothing, more than the most, and more than the limit are refused', () => {
  assert.throws(() => splitSign1s(new Uint8Array(0), 1_000, 3), { code: 'cbor.malformed' });
  assert.throws(() => splitSign1s(concat(...parts), 1_000, 2), { code: 'cose.malformed' });
  assert.throws(() => splitSign1s(concat(...parts), 100, 3), { code: 'cbor.malformed' });
});

test('another structure, an unprotected header and a detached payload are refused', () => {
  const [empty, tag] = [new Uint8Array(0), Uint8Array.of(0xd2)];
  const mac = createMac0(importMacKey(new Uint8Array(32)), new Map(), utf8('one'));
  const unprotected = concat(tag, encodeCanonical([empty, new Map([[4, empty]]), empty, empty]));
  const detached = concat(tag, encodeCanonical([empty, {}, null, empty]));
  const short = concat(tag, encodeCanonical([empty, {}, empty]));
  for (const bytes of [mac, unprotected, detached, short, concat(parts[0]!, mac)]) {
    assert.throws(() => splitSign1s(bytes, 1_000, 3), { code: 'cose.malformed' });
  }
});
