import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '#base/bytes';
import { decodeCanonical, encodeCanonical } from '#base/canonical';
import { createRandom } from '#base/random';
import { nonceOf, partialIvOf } from '#crypto/cose';
import { sealProtected } from '#crypto/encrypt0';
import { signingKeyFromSeed } from '#crypto/sign';
import { signCommand } from '#model/thing/command-signature';
import { encodeContent } from '#model/thing/content';
import { createEndpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { MESSAGE_LIMIT, openMessage, sealContent, sealMessage } from '#model/thing/envelope';
import { encodeEnvelopeHeader } from '#model/thing/envelope-header';
import type { Acknowledgement, Command, Report } from '#model/thing/message';

const AT = 1_760_000_000_000;
const SECRET = createRandom('envelope').bytes(32);
const key = deriveEnrolmentKey('pump-1', SECRET);
const commandKey = signingKeyFromSeed('Ed25519', createRandom('command').bytes(32));

const report: Report = {
  kind: 'Report',
  thing: 'pump-1',
  sentAt: AT,
  measurements: [
    { name: 'rate', value: 1.05, at: AT, unit: '[iU]/h' },
    { name: 'state', value: 'running', at: AT - 1000 },
    { name: 'profile', value: [0.8, 1.2], at: AT },
    { name: 'suspended', value: false, at: AT },
  ],
};
const command: Command = {
  kind: 'Command',
  id: 'c-1',
  thing: 'pump-1',
  action: 'setBasalProfile',
  input: { ratesPerHour: [0.8, 1.2], units: 2, reason: 'night', confirmed: true },
  issuedAt: AT,
  expiresAt: AT + 60_000,
};
const acknowledgement: Acknowledgement = {
  kind: 'Acknowledgement',
  thing: 'pump-1',
  commandId: 'c-1',
  outcome: 'refused',
  reason: 'above the hard limit',
  at: AT,
};

test('each kind of message is opened as it was sealed', () => {
  for (const message of [report, signCommand(command, [commandKey], 4), acknowledgement]) {
    const opened = openMessage(sealMessage(message, key.uplink, 7), () => key.uplink);
    assert.deepEqual(opened, { kind: 'Opened', sender: 'pump-1', sequence: 7, message });
  }
  const { reason: _, ...unexplained } = acknowledgement;
  const opened = openMessage(sealMessage(unexplained, key.uplink, 8), () => key.uplink);
  assert.equal(opened.kind === 'Opened' && 'reason' in opened.message, false);
});

test('both algorithms work, and one does not open the other', () => {
  const strong = deriveEnrolmentKey('pump-1', SECRET, 'A256GCM');
  const bytes = sealMessage(report, strong.uplink, 1);
  assert.equal(openMessage(bytes, () => strong.uplink).kind, 'Opened');
  assert.equal(openMessage(bytes, () => key.uplink).kind, 'EnvelopeRefusal');
  assert.throws(() => deriveEnrolmentKey('pump-1', SECRET.subarray(17), 'A128GCM'), { code: 'key.unsuitable' });
});

test('every single bit that flips refuses the message', () => {
  const bytes = sealMessage(report, key.uplink, 300);
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const altered = bytes.slice();
    altered[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(
      openMessage(altered, (sender) => (sender === 'pump-1' ? key.uplink : undefined)).kind,
      'EnvelopeRefusal',
    );
  }
});

test('every cut and every addition refuses the message', () => {
  const bytes = sealMessage(report, key.uplink, 300);
  for (let length = 0; length < bytes.length; length += 1) {
    assert.equal(openMessage(bytes.subarray(0, length), () => key.uplink).kind, 'EnvelopeRefusal');
  }
  assert.equal(openMessage(concat(bytes, Uint8Array.of(0)), () => key.uplink).kind, 'EnvelopeRefusal');
});

test('an unprotected header, though it breaks no seal, refuses the message', () => {
  const [protectedBytes, , ciphertext] = decodeCanonical(sealMessage(report, key.uplink, 1).subarray(1), 10_000) as [
    Uint8Array,
    unknown,
    Uint8Array,
  ];
  const changed = encodeCanonical([protectedBytes, new Map([[4, new Uint8Array(1)]]), ciphertext]);
  const opened = openMessage(concat(Uint8Array.of(0xd0), changed), () => key.uplink);
  assert.equal(opened.kind === 'EnvelopeRefusal' && opened.reason, 'malformed');
});

test('a message sent back to its sender does not open', () => {
  const bytes = sealMessage(report, key.uplink, 1);
  assert.equal(openMessage(bytes, () => key.downlink).kind, 'EnvelopeRefusal');
  const reflected = createEndpoint(key).openCommand(bytes);
  assert.equal(reflected.kind === 'EnvelopeRefusal' && reflected.reason, 'not-authentic');
});

test('one secret given to two things does not let one speak as the other', () => {
  const other = deriveEnrolmentKey('pump-2', SECRET);
  assert.notEqual(other.fingerprint, key.fingerprint);
  const bytes = sealMessage(report, { ...other.uplink, owner: 'pump-1' }, 1);
  assert.equal(openMessage(bytes, () => key.uplink).kind, 'EnvelopeRefusal');
});

test('the same secret derives the same keys, and another one derives another fingerprint', () => {
  const again = deriveEnrolmentKey('pump-1', SECRET);
  assert.deepEqual(sealMessage(report, again.uplink, 3), sealMessage(report, key.uplink, 3));
  assert.equal(again.fingerprint, key.fingerprint);
  assert.notEqual(deriveEnrolmentKey('pump-1', SECRET.toReversed()).fingerprint, key.fingerprint);
});

test('bytes of every kind are refused, never thrown at', () => {
  const bytes = sealMessage(report, key.uplink, 300);
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.uint8Array({ maxLength: 60 }).map((tail) => concat(bytes.subarray(0, 12), tail)),
    fc.anything().map((value) => {
      try {
        return concat(Uint8Array.of(0xd0), encodeCanonical(value as never));
      } catch {
        return new Uint8Array(0);
      }
    }),
  );
  fc.assert(
    fc.property(noise, (input) => {
      assert.equal(openMessage(input, () => key.uplink).kind, 'EnvelopeRefusal');
    }),
    { numRuns: 500 },
  );
  const largest = openMessage(new Uint8Array(MESSAGE_LIMIT), () => key.uplink);
  assert.equal(largest.kind === 'EnvelopeRefusal' && largest.reason, 'malformed', 'just small enough to be looked at');
  const huge = openMessage(new Uint8Array(MESSAGE_LIMIT + 1), () => key.uplink);
  assert.deepEqual(huge, { kind: 'EnvelopeRefusal', reason: 'too-large', detail: `\`${MESSAGE_LIMIT + 1}\` bytes` });
});

test('a refusal says whose the message is said to be, as soon as that can be read', () => {
  const bytes = sealMessage(report, key.uplink, 1);
  const broken = sealContent('Report', encodeCanonical('no report'), key.uplink, 2);
  assert.deepEqual(
    openMessage(bytes, () => undefined),
    { kind: 'EnvelopeRefusal', reason: 'unknown-sender', claimedSender: 'pump-1', detail: 'no key of `pump-1`' },
  );
  assert.deepEqual(
    openMessage(bytes, () => key.downlink),
    { kind: 'EnvelopeRefusal', reason: 'not-authentic', claimedSender: 'pump-1', detail: 'the key does not open it' },
  );
  const malformed = openMessage(broken, () => key.uplink);
  assert.partialDeepStrictEqual(malformed, { reason: 'malformed', claimedSender: 'pump-1' });
  assert.equal('claimedSender' in openMessage(new Uint8Array(3), () => key.uplink), false);
  const defect = (): never => {
    throw new TypeError('a defect');
  };
  assert.throws(() => openMessage(bytes, defect), TypeError, 'a defect of ours is no malformed message');
});

test('a message cannot choose how it is opened: another algorithm under the same key is not authentic', () => {
  const { key: aead, baseIv } = key.uplink;
  const partialIv = partialIvOf(1);
  const header = encodeEnvelopeHeader(3, 'Report', 'pump-1', partialIv);
  const bytes = sealProtected(aead, nonceOf(baseIv, partialIv), header, encodeContent(report), utf8('wardtwin/1'));
  const opened = openMessage(bytes, () => key.uplink);
  assert.equal(opened.kind === 'EnvelopeRefusal' && opened.reason, 'not-authentic');
});

test('wire_vector: keys and sealed bytes of version 1 are these, or no device of before is understood', () => {
  const { fingerprint, uplink, downlink } = deriveEnrolmentKey('pump-1', new Uint8Array(32).fill(1));
  const sealed = (direction: typeof uplink): string => sealMessage(acknowledgement, direction, 258).toHex();
  assert.deepEqual(
    { fingerprint, uplink: sealed(uplink).slice(-64), downlink: sealed(downlink).slice(-64) },
    {
      fingerprint: '4800239366133604',
      uplink: 'c37c8d12543ad2529663cee8cc9fe1010120735d0984b15b971af064b8fdebfe',
      downlink: '16ab47a497baa7091576d7fb1d29b259102e2e4aa108c079392404805435c699',
    },
  );
  assert.throws(() => deriveEnrolmentKey('pump-1', new Uint8Array(15)), {
    message: 'enrolment of `pump-1`: `15` bytes, needs 16',
  });
});
