import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { decodeKeyAnswer, decodeKeyRequest, encodeKeyAnswer, encodeKeyRequest } from '#edge/pki/key-exchange-message';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const share = fc.record({ x25519: bytes(32), mlKem768: bytes(1184) }, { noNullPrototype: true });

test('what was encoded is read back', () => {
  fc.assert(
    fc.property(share, fc.nat(), fc.string(), bytes(32), (keyShare, serverTime, model, key) => {
      assert.deepEqual(decodeKeyRequest(encodeKeyRequest(keyShare)), keyShare);
      const answer = { share: keyShare, serverTime, model, commandKeys: [{ algorithm: 'Ed25519', key }] };
      assert.deepEqual(decodeKeyAnswer(encodeKeyAnswer(answer)), answer);
      const more = { ...answer, extra: { ward: 'w1', limits: [1, 2] } };
      assert.deepEqual(decodeKeyAnswer(encodeKeyAnswer(more)), more);
    }),
  );
});

test('anything else is a refusal, whatever it is', () => {
  const parts = { suite: 'X25519MLKEM768', x25519: new Uint8Array(32), mlKem768: new Uint8Array(1184) };
  for (const wrong of [
    null,
    [],
    1,
    new Uint8Array(3),
    {},
    { ...parts, more: 1 },
    { ...parts, suite: 'X25519' },
    { ...parts, x25519: 'x' },
    new Map([[1, 2]]),
  ]) {
    assert.throws(() => decodeKeyRequest(encodeCanonical(wrong)), { code: 'key-exchange.malformed' });
    assert.throws(() => decodeKeyAnswer(encodeCanonical(wrong)), { code: 'key-exchange.malformed' });
  }
  const many = {
    ...parts,
    serverTime: 1,
    model: '',
    commandKeys: Array.from({ length: 17 }, () => ({ algorithm: 'a', key: new Uint8Array(1) })),
  };
  assert.throws(() => decodeKeyAnswer(encodeCanonical(many)), { code: 'key-exchange.malformed' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (garbage) => {
      for (const decode of [decodeKeyRequest, decodeKeyAnswer]) assert.throws(() => decode(garbage), Fault);
    }),
  );
});
