import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '#base/bytes';
import { type CborValue, encodeCanonical } from '#base/canonical';
import { AEAD_ALGORITHMS } from '#crypto/aead';
import { HEADER, nonceOf, partialIvOf, sealEncrypt0 } from '#crypto/cose';
import { encodeCommand } from '#model/thing/command-content';
import { signCommand } from '#model/thing/command-signature';
import { encodeContent } from '#model/thing/content';
import { createEndpoint, type Endpoint, type EndpointOptions } from '#model/thing/endpoint';
import { decodeEndpointState, type EndpointState, encodeEndpointState } from '#model/thing/endpoint-state';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { type EnvelopeRefusal, openMessage, sealMessage } from '#model/thing/envelope';
import type { Report } from '#model/thing/message';
import { RESERVED_AHEAD } from '#model/thing/reserved-sequence';
import { AT, BOLUS, KEY, POST_QUANTUM, SIGNER, STRANGER, sealCommand } from './signed-commands.ts';

const commandKeys = [SIGNER.publicKey];
const REPORT: Report = {
  kind: 'Report',
  thing: 'pump-1',
  sentAt: AT,
  measurements: [{ name: 'rate', value: 1, at: AT }],
};

const device = (options: EndpointOptions = {}): Endpoint => createEndpoint(KEY, { commandKeys, ...options });

const open = (endpoint: Endpoint, bytes: Uint8Array): EnvelopeRefusal['reason'] | 'opened' => {
  const opened = endpoint.openCommand(bytes);
  return opened.kind === 'OpenedCommand' ? 'opened' : opened.reason;
};

const sequenceOf = (bytes: Uint8Array): number => {
  const opened = openMessage(bytes, () => KEY.uplink);
  assert.ok(opened.kind === 'Opened');
  return opened.sequence;
};

test('a device opens each command once, also over a restart', () => {
  const pump = device();
  const bytes = sealCommand(0, 3);
  const command = { ...BOLUS, id: 'c-3' };
  assert.deepEqual(pump.openCommand(bytes), { kind: 'OpenedCommand', command, sequence: 0, counter: 3 });
  assert.equal(open(pump, bytes), 'replayed');
  assert.equal(open(device({ state: pump.snapshot() }), bytes), 'replayed');
});

test('counter_only_grows', () => {
  const arrival = fc.record({ sequence: fc.nat({ max: 30 }), counter: fc.nat({ max: 30 }), restarts: fc.boolean() });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 25 }), (arrivals) => {
      let pump = device();
      let last = -1;
      const seen = new Set<number>();
      for (const { sequence, counter, restarts } of arrivals) {
        if (restarts) pump = device({ state: decodeEndpointState(encodeEndpointState(pump.snapshot())) });
        const isNew = counter > last && !seen.has(sequence);
        assert.equal(open(pump, sealCommand(sequence, counter)), isNew ? 'opened' : 'replayed');
        if (!isNew) continue;
        last = counter;
        seen.add(sequence);
      }
      assert.equal(pump.snapshot().commandCounter, last);
    }),
    { numRuns: 60 },
  );
});

test('no_unsigned_command_takes_effect: whoever has the sealing key alone is refused, and moves nothing', () => {
  const pump = device();
  const before = pump.snapshot();
  const bare: Uint8Array = sealMessage({ kind: 'SignedCommand', signed: encodeCommand(BOLUS) }, KEY.downlink, 1);
  assert.equal(open(pump, bare), 'malformed');
  assert.equal(open(pump, sealCommand(2 ** 39, 2 ** 52, [STRANGER])), 'not-authentic');
  assert.equal(open(pump, sealMessage(REPORT, KEY.downlink, 4)), 'malformed');
  assert.equal(open(pump, unsigned(5)), 'malformed');
  assert.deepEqual(pump.snapshot(), before);
  assert.equal(open(pump, sealCommand(0, 0)), 'opened', 'the genuine platform is not shut out');
});

/** A command under the content type that it had before commands were signed. */
function unsigned(sequence: number): Uint8Array {
  const partialIv = partialIvOf(sequence);
  const headers = new Map<number, number | string | Uint8Array>([
    [HEADER.algorithm, AEAD_ALGORITHMS[KEY.downlink.key.algorithm].coseAlgorithm],
    [HEADER.contentType, 'application/vnd.wardtwin.command+cbor'],
    [HEADER.keyId, utf8('pump-1')],
    [HEADER.partialIv, partialIv],
  ]);
  const { key, baseIv } = KEY.downlink;
  return sealEncrypt0(key, nonceOf(baseIv, partialIv), headers, encodeCommand(BOLUS), utf8('wardtwin/1'));
}

test('a device without command keys takes no command', () => {
  assert.equal(open(createEndpoint(KEY), sealCommand(0, 0)), 'not-authentic');
});

test('a device that was given two keys takes what both signed, and nothing else', () => {
  const pump = device({ commandKeys: [SIGNER.publicKey, POST_QUANTUM.publicKey] });
  assert.equal(open(pump, sealCommand(0, 0)), 'not-authentic');
  assert.equal(open(pump, sealCommand(1, 1, [SIGNER, POST_QUANTUM])), 'opened');
});

test('a command that was signed and is sealed again stays used', () => {
  const pump = device();
  const signed = signCommand(BOLUS, [SIGNER], 9);
  assert.equal(open(pump, sealMessage(signed, KEY.downlink, 0)), 'opened');
  assert.equal(open(pump, sealMessage(signed, KEY.downlink, 1)), 'replayed');
});

test('a device never seals two messages with one sequence, also over an orderly restart, which leaves no gap', () => {
  const pump = device();
  const before = [pump.seal(REPORT), pump.sealBundle([encodeContent(REPORT)])];
  const restarted = device({ state: pump.snapshot() });
  assert.deepEqual([...before, restarted.seal(REPORT)].map(sequenceOf), [0, 1, 2]);
});

test('a sequence number leaves only once it is kept that it is used, with one write per block', () => {
  const kept: EndpointState[] = [];
  const pump = device({ keep: (state) => kept.push(state) });
  assert.equal(kept.length, 0);
  for (let count = 0; count < 2 * RESERVED_AHEAD + 1; count += 1) {
    const sequence = sequenceOf(pump.seal(REPORT));
    assert.equal(sequence, count);
    assert.ok(sequence < (kept.at(-1)?.nextSequence ?? 0));
  }
  assert.deepEqual(
    kept.map(({ nextSequence }) => nextSequence),
    [1, 2, 3].map((blocks) => blocks * RESERVED_AHEAD),
  );
});

test('no_sequence_twice: over crashes and orderly stops in any order', () => {
  const step = fc.constantFrom('seal', 'seal', 'seal', 'command', 'crash', 'stop', 'snapshot');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let disk: EndpointState | undefined;
      const start = (): Endpoint =>
        device({
          ...(disk === undefined ? {} : { state: disk }),
          keep: (state) => {
            disk = state;
          },
        });
      let pump = start();
      let counter = 0;
      const used = new Set<number>();
      for (const what of steps) {
        if (what === 'seal') {
          const sequence = sequenceOf(pump.seal(REPORT));
          assert.ok(!used.has(sequence));
          used.add(sequence);
        } else if (what === 'command') {
          const bytes = sealCommand(counter, counter);
          counter += 1;
          assert.equal(open(pump, bytes), 'opened');
          pump = start();
          assert.equal(open(pump, bytes), 'replayed', 'kept before anybody acts on it');
        } else {
          if (what !== 'crash') disk = pump.snapshot();
          if (what !== 'snapshot') pump = start();
        }
      }
    }),
    { numRuns: 80 },
  );
});

test('when nothing can be kept, nothing leaves and no command is handed on', () => {
  let isFull = true;
  const keep = (): void => {
    if (isFull) throw new Error('no space left');
  };
  const pump = device({ keep });
  assert.throws(() => pump.seal(REPORT), { message: 'no space left' });
  assert.throws(() => pump.openCommand(sealCommand(0, 0)), { message: 'no space left' });
  isFull = false;
  assert.equal(sequenceOf(pump.seal(REPORT)), 0);
  assert.equal(open(pump, sealCommand(0, 0)), 'replayed');
});

test('a state is read as it was written, and anything else is no state', () => {
  const pump = device();
  pump.seal(REPORT);
  pump.openCommand(sealCommand(70, 5));
  const bytes = encodeEndpointState(pump.snapshot());
  const { fingerprint } = KEY;
  const blocks = new Array<number>(64).fill(0);
  assert.deepEqual(decodeEndpointState(bytes), pump.snapshot());
  for (const other of [
    encodeCanonical([fingerprint, 1, -1, [0], -1]),
    encodeCanonical([fingerprint, -1, -1, blocks, -1]),
    encodeCanonical([fingerprint, 0, -1, blocks.map(() => 2 ** 32), -1]),
    encodeCanonical([fingerprint, 0, -1, blocks]),
    encodeCanonical(['0', 0, -1, blocks, -1]),
    encodeCanonical({ nextSequence: 0 }),
  ]) {
    assert.throws(() => decodeEndpointState(other), { code: 'endpoint-state.malformed' });
  }
  assert.throws(() => decodeEndpointState(concat(bytes, Uint8Array.of(0))), { code: 'cbor.malformed' });
});

test('every part of a state is checked, just within its bound and beyond it', () => {
  const { fingerprint } = KEY;
  const blocks = new Array<number>(64).fill(0);
  const good = [fingerprint, 0, -1, blocks, -1] as const;
  const but = (index: number, value: CborValue): Uint8Array => encodeCanonical(good.with(index, value as never));
  assert.equal(decodeEndpointState(encodeCanonical(good)).commandCounter, -1);
  for (const bytes of [but(3, blocks.with(0, 2 ** 32 - 1)), but(1, 2 ** 53 - 1), but(2, 0), but(4, 0)]) {
    assert.doesNotThrow(() => decodeEndpointState(bytes));
  }
  const bad: readonly (readonly [Uint8Array, RegExp])[] = [
    [encodeCanonical([...good, 1]), /not an array of 5/],
    [encodeCanonical('text'), /not an array of 5/],
    [but(0, 7), /no key fingerprint/],
    [but(0, `${fingerprint}0`), /no key fingerprint/],
    [but(0, `0${fingerprint}`), /no key fingerprint/],
    [but(0, fingerprint.toUpperCase().replace(/^./, 'A')), /no key fingerprint/],
    [but(1, -1), /a count is no whole number/],
    [but(1, 0.5), /a count is no whole number/],
    [but(2, -2), /a count is no whole number/],
    [but(4, -2), /a count is no whole number/],
    [but(4, '1'), /a count is no whole number/],
    [but(3, 'text'), /the replay window is not 64 words/],
    [but(3, blocks.slice(1)), /the replay window is not 64 words/],
    [but(3, [...blocks, 0]), /the replay window is not 64 words/],
    [but(3, blocks.with(63, -1)), /the replay window is not 64 words/],
    [but(3, blocks.with(63, 2 ** 32)), /the replay window is not 64 words/],
  ];
  for (const [bytes, message] of bad) {
    assert.throws(() => decodeEndpointState(bytes), { code: 'endpoint-state.malformed', message }, String(message));
    assert.throws(() => decodeEndpointState(bytes), /^Fault: endpoint state: .*; enrol the device anew$/);
  }
});

test('a command that a device refuses says why, and whose it is said to be', () => {
  const pump = device();
  const refusalOf = (bytes: Uint8Array): unknown => {
    const opened = pump.openCommand(bytes);
    return opened.kind === 'EnvelopeRefusal' && [opened.reason, opened.claimedSender, opened.detail];
  };
  assert.equal(open(pump, sealCommand(1, 1)), 'opened');
  assert.deepEqual(refusalOf(sealCommand(1, 2)), ['replayed', 'pump-1', 'sequence `1`']);
  assert.deepEqual(refusalOf(sealCommand(2, 1)), ['replayed', 'pump-1', 'counter `1` after `1`']);
  assert.deepEqual(refusalOf(sealMessage(REPORT, KEY.downlink, 3)), ['malformed', 'pump-1', '`Report` is no command']);
  const renamed = sealMessage(signCommand(BOLUS, [SIGNER], 9), { ...KEY.downlink, owner: 'pump-2' }, 4);
  assert.deepEqual(refusalOf(renamed), ['unknown-sender', 'pump-2', 'no key of `pump-2`']);
});

test('with another enrolment key sequence and window begin anew, and the counter of commands goes on', () => {
  const pump = device();
  for (const _ of [0, 1]) pump.seal(REPORT);
  assert.equal(open(pump, sealCommand(2_000, 4)), 'opened');
  const next = deriveEnrolmentKey('pump-1', utf8('another secret, agreed upon anew'));
  const rekeyed = createEndpoint(next, { commandKeys, state: pump.snapshot() });
  const opened = openMessage(rekeyed.seal(REPORT), () => next.uplink);
  assert.ok(opened.kind === 'Opened' && opened.sequence === 0);
  assert.equal(open(rekeyed, sealMessage(signCommand(BOLUS, [SIGNER], 4), next.downlink, 0)), 'replayed');
  assert.equal(open(rekeyed, sealMessage(signCommand(BOLUS, [SIGNER], 5), next.downlink, 0)), 'opened');
});
