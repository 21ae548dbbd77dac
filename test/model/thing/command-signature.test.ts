import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat } from '#base/bytes';
import { encodeCanonical } from '#base/canonical';
import { createSign1, HEADER, type Headers, parseCose } from '#crypto/cose';
import { keyIdOf } from '#crypto/key-id';
import { encodeCommand } from '#model/thing/command-content';
import { COUNTER_LABEL, MOST_SIGNATURES, signCommand, verifyCommand } from '#model/thing/command-signature';
import type { Command, SignedCommand } from '#model/thing/message';
import { BOLUS, POST_QUANTUM, SIGNER, STRANGER } from './signed-commands.ts';

const KEYS = [SIGNER.publicKey];
const BOTH = [SIGNER.publicKey, POST_QUANTUM.publicKey];

const reasonOf = (signed: SignedCommand, keys = KEYS, thing = 'pump-1'): string => {
  const verified = verifyCommand(signed, thing, keys);
  return verified.kind === 'CommandObjection' ? verified.reason : 'verified';
};

const ofParts = (...parts: readonly SignedCommand[]): SignedCommand => ({
  kind: 'SignedCommand',
  signed: concat(...parts.map(({ signed }) => signed)),
});

test('a command is verified as it was signed, by one key and by two', () => {
  for (const [signers, keys] of [
    [[SIGNER], KEYS],
    [[SIGNER, POST_QUANTUM], BOTH],
    [[SIGNER, POST_QUANTUM], [POST_QUANTUM.publicKey]],
  ] as const) {
    const verified = verifyCommand(signCommand(BOLUS, signers, 7), 'pump-1', keys);
    assert.deepEqual(verified, { kind: 'VerifiedCommand', command: BOLUS, counter: 7 });
  }
});

test('one signature is a COSE_Sign1 that states algorithm, content type, key and counter, the counter as critical', () => {
  const { signed } = signCommand(BOLUS, [SIGNER], 7);
  assert.throws(() => parseCose('Sign1', signed, { limit: 4_096 }), { code: 'cose.critical' });
  const { headers, untrusted, body } = parseCose('Sign1', signed, {
    limit: 4_096,
    understood: new Set([COUNTER_LABEL]),
  });
  assert.equal(untrusted.size, 0);
  assert.deepEqual(body, encodeCommand(BOLUS));
  assert.deepEqual(
    headers,
    new Map<number, unknown>([
      [HEADER.algorithm, -8],
      [HEADER.critical, [COUNTER_LABEL]],
      [HEADER.contentType, 'application/vnd.wardtwin.command+cbor'],
      [HEADER.keyId, keyIdOf(SIGNER.publicKey)],
      [COUNTER_LABEL, 7],
    ]),
  );
});

test('a_command_for_one_thing_never_verifies_for_another', () => {
  const thing = fc.stringMatching(/^[a-z0-9-]{1,64}$/);
  fc.assert(
    fc.property(thing, thing, fc.nat(), (one, other, counter) => {
      const signed = signCommand({ ...BOLUS, thing: one }, [SIGNER], counter);
      assert.equal(reasonOf(signed, KEYS, other), one === other ? 'verified' : 'not-authentic');
    }),
    { numRuns: 60 },
  );
});

test('changed_byte_never_verifies', () => {
  const { signed } = signCommand(BOLUS, [SIGNER], 300);
  for (let bit = 0; bit < 8 * signed.length; bit += 1) {
    const altered = signed.slice();
    altered[bit >> 3]! ^= 1 << (bit & 7);
    assert.notEqual(reasonOf({ kind: 'SignedCommand', signed: altered }), 'verified', `bit ${bit}`);
  }
});

test('changed_byte_of_either_signature_never_verifies', () => {
  const { signed } = signCommand(BOLUS, [SIGNER, POST_QUANTUM], 300);
  fc.assert(
    fc.property(fc.nat({ max: signed.length - 1 }), fc.integer({ min: 1, max: 255 }), (index, mask) => {
      const altered = signed.slice();
      altered[index]! ^= mask;
      assert.notEqual(reasonOf({ kind: 'SignedCommand', signed: altered }, BOTH), 'verified');
    }),
    { numRuns: 300 },
  );
});

test('every cut and every addition refuses the command', () => {
  const { signed } = signCommand(BOLUS, [SIGNER], 1);
  for (let length = 0; length < signed.length; length += 1) {
    assert.equal(reasonOf({ kind: 'SignedCommand', signed: signed.subarray(0, length) }), 'malformed');
  }
  const longer: SignedCommand = { kind: 'SignedCommand', signed: concat(signed, Uint8Array.of(0)) };
  assert.equal(reasonOf(longer), 'malformed');
});

test('default_refuse: without a key nothing verifies', () => {
  assert.equal(reasonOf(signCommand(BOLUS, [SIGNER], 1), []), 'not-authentic');
});

test('every key must have signed, and a stranger who signs too breaks nothing', () => {
  const cases = [
    [[STRANGER], KEYS, 'not-authentic'],
    [[SIGNER], BOTH, 'not-authentic'],
    [[POST_QUANTUM], BOTH, 'not-authentic'],
    [[STRANGER, SIGNER], KEYS, 'verified'],
    [[POST_QUANTUM, STRANGER, SIGNER], BOTH, 'verified'],
  ] as const;
  for (const [signers, keys, expected] of cases) assert.equal(reasonOf(signCommand(BOLUS, signers, 1), keys), expected);
});

test('signatures of different commands, or of one with different counters, do not add up', () => {
  const one = signCommand(BOLUS, [SIGNER], 1);
  const otherInput: Command = { ...BOLUS, input: { units: 20 } };
  assert.equal(reasonOf(ofParts(one, signCommand(otherInput, [POST_QUANTUM], 1)), BOTH), 'not-authentic');
  assert.equal(reasonOf(ofParts(one, signCommand(BOLUS, [POST_QUANTUM], 2)), BOTH), 'not-authentic');
  assert.equal(reasonOf(ofParts(one, signCommand(BOLUS, [POST_QUANTUM], 1)), BOTH), 'verified');
});

test('a genuine signature under headers or over content that is no command refuses it', () => {
  const external = encodeCanonical(['wardtwin/1 command', 'pump-1']);
  const headers: Headers = new Map<number, number | string | Uint8Array>([
    [HEADER.contentType, 'application/vnd.wardtwin.command+cbor'],
    [HEADER.keyId, keyIdOf(SIGNER.publicKey)],
    [COUNTER_LABEL, 1],
  ]);
  const payload = encodeCommand(BOLUS);
  const signed = (change: Headers, content: Uint8Array = payload, aad: Uint8Array = external): SignedCommand => ({
    kind: 'SignedCommand',
    signed: createSign1(SIGNER, new Map([...headers, ...change]), content, aad),
  });
  const NONE: Headers = new Map();
  assert.equal(reasonOf(signed(NONE)), 'verified');
  assert.equal(reasonOf(signed(NONE, payload, encodeCanonical(['other/1', 'pump-1']))), 'not-authentic');
  assert.equal(reasonOf(signed(new Map([[HEADER.contentType, 'text/plain']]))), 'malformed');
  for (const counter of [-1, 0.5, '1'])
    assert.equal(reasonOf(signed(new Map([[COUNTER_LABEL, counter]]))), 'malformed');
  assert.equal(reasonOf(signed(NONE, encodeCanonical({ id: 'c-1' }))), 'malformed');
  assert.equal(reasonOf(signed(NONE, encodeCommand({ ...BOLUS, thing: 'pump-2' }))), 'malformed');
});

test('more signatures than there can be signers are refused before any is verified', () => {
  const one = signCommand(BOLUS, [SIGNER], 1);
  const many = Array.from({ length: MOST_SIGNATURES + 1 }, () => one);
  assert.equal(reasonOf(ofParts(...many.slice(1))), 'verified');
  assert.equal(reasonOf(ofParts(...many)), 'malformed');
  const four = Array.from({ length: MOST_SIGNATURES }, () => SIGNER);
  assert.equal(reasonOf(signCommand(BOLUS, four, 1)), 'verified');
  for (const signers of [[], [...four, SIGNER]]) {
    assert.throws(() => signCommand(BOLUS, signers, 1), /a command has 1 to 4 signers/);
  }
  for (const counter of [0, 2 ** 53 - 1]) assert.equal(reasonOf(signCommand(BOLUS, [SIGNER], counter)), 'verified');
  for (const counter of [-1, 0.5, 2 ** 53]) {
    assert.throws(() => signCommand(BOLUS, [SIGNER], counter), /the counter of commands counts from 0/);
  }
  assert.ok(COUNTER_LABEL < -65_536, 'in the range for private use');
});

test('a command that is not verified says why, and which key it is about', () => {
  const detailOf = (signed: SignedCommand, keys = BOTH, thing = 'pump-1'): string => {
    const verified = verifyCommand(signed, thing, keys);
    return verified.kind === 'CommandObjection' ? verified.detail : 'verified';
  };
  const one = signCommand(BOLUS, [SIGNER], 1);
  const hex = (key: typeof SIGNER): string => keyIdOf(key.publicKey).toHex();
  assert.equal(detailOf(one), `command key \`${hex(POST_QUANTUM)}\` did not sign it`);
  assert.equal(detailOf(one, KEYS, 'pump-2'), `command key \`${hex(SIGNER)}\` does not verify it`);
  assert.equal(detailOf(ofParts(one, signCommand(BOLUS, [POST_QUANTUM], 2))), 'its signers signed different commands');
  assert.equal(detailOf(one, []), 'no command key to verify it with');
  const external = encodeCanonical(['wardtwin/1 command', 'pump-1']);
  const signedWith = (change: Headers, command: Command = BOLUS): SignedCommand => ({
    kind: 'SignedCommand',
    signed: createSign1(
      SIGNER,
      new Map([
        [HEADER.contentType, 'application/vnd.wardtwin.command+cbor'],
        [HEADER.keyId, keyIdOf(SIGNER.publicKey)],
        [COUNTER_LABEL, 1],
        ...change,
      ] as readonly (readonly [number, string | number | Uint8Array])[]),
      encodeCommand(command),
      external,
    ),
  });
  assert.equal(
    detailOf(signedWith(new Map([[HEADER.contentType, 'text/plain']])), KEYS),
    'signed command: its content type is not that of a command',
  );
  assert.equal(
    detailOf(signedWith(new Map([[COUNTER_LABEL, -1]])), KEYS),
    'signed command: its counter is no whole number from 0',
  );
  assert.equal(
    detailOf(signedWith(new Map(), { ...BOLUS, thing: 'pump-2' }), KEYS),
    'signed command: signed for `pump-1`, and names `pump-2`',
  );
  assert.throws(() => verifyCommand(one, 'pump-1', [undefined as never]), TypeError, 'a defect of ours is not hidden');
});

test('bytes of every kind are refused, never thrown at', () => {
  const { signed } = signCommand(BOLUS, [SIGNER], 1);
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .tuple(fc.nat({ max: signed.length }), fc.uint8Array({ maxLength: 80 }))
      .map(([at, tail]) => concat(signed.subarray(0, at), Uint8Array.of(0xff), tail)),
  );
  fc.assert(
    fc.property(noise, (bytes) => assert.notEqual(reasonOf({ kind: 'SignedCommand', signed: bytes }), 'verified')),
    { numRuns: 300 },
  );
});
