import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '#base/bytes';
import { crc16 } from '#model/device/link/crc16';
import { buildLegacyFrame, type LegacyFrame, parseLegacyFrame } from '#model/device/link/legacy-frame';
import { OPERATIONS } from '#model/device/link/operation';
import { PEERS, type Peer } from '#model/device/link/peer';

const senders = PEERS.filter((peer): peer is Peer => peer !== 'all');

const frames: fc.Arbitrary<LegacyFrame> = fc
  .record({
    from: fc.constantFrom(...senders),
    to: fc.constantFrom(...PEERS),
    operation: fc.constantFrom(...OPERATIONS),
    request: fc.integer({ min: 0, max: 255 }),
    payload: fc.uint8Array({ maxLength: 80 }),
    serial: fc.integer({ min: 0, max: 999_999 }),
    counter: fc.option(fc.integer({ min: 0, max: 0xffff_ffff }), { nil: undefined }),
  })
  .map(({ counter, ...frame }) => (counter === undefined ? frame : { ...frame, counter }));

test('the checksum has the published check value of CRC-16/IBM-3740', () => {
  assert.equal(crc16(utf8('123456789')), 0x29b1);
});

test('the CRC by pairs of bytes is the remainder of the bits one by one, whatever the length', () => {
  const bitwise = (bytes: Uint8Array): number => {
    let crc = 0xffff;
    for (const byte of bytes) {
      crc ^= byte << 8;
      for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc;
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => crc16(bytes) === bitwise(bytes)));
});

test('whoever overhears a legacy frame reads all of it, and can write one like it', () => {
  fc.assert(
    fc.property(frames, (frame) => {
      const parsed = parseLegacyFrame(buildLegacyFrame(frame));
      assert.equal(parsed.kind, 'frame');
      if (parsed.kind === 'frame')
        assert.deepEqual(
          { ...parsed.frame, payload: [...parsed.frame.payload] },
          { ...frame, payload: [...frame.payload] },
        );
    }),
    { numRuns: 200 },
  );
});

test('every single-bit error of a legacy frame is found', () => {
  fc.assert(
    fc.property(frames, fc.nat(), (frame, position) => {
      const bytes = buildLegacyFrame(frame);
      const bit = position % (bytes.length * 8);
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      assert.equal(parseLegacyFrame(bytes).kind, 'invalid');
    }),
    { numRuns: 200 },
  );
});

test('arbitrary bytes are parsed or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      bytes[0] = 0xa7;
      parseLegacyFrame(bytes);
    }),
  );
});
