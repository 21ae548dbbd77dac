import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFrameGuard } from '#edge/mqtt/frame-guard';

const LIMIT = 300;

/** One MQTT packet: any first byte, its remaining length, so many bytes. */
const packet = (first: number, length: number): Buffer => {
  const digits: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    digits.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) return Buffer.concat([Buffer.from([first, ...digits]), Buffer.alloc(length, 0xff)]);
  }
};

const packets = (most: number) =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: most })), { maxLength: 8 });

/** The same bytes, cut wherever. */
function acceptsInPieces(bytes: Uint8Array, cuts: readonly number[]): boolean {
  const guard = createFrameGuard(LIMIT);
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((left, right) => left - right);
  let from = 0;
  for (const to of places) {
    if (!guard.accepts(bytes.subarray(from, to))) return false;
    from = to;
  }
  return true;
}

const cuts = fc.array(fc.nat(), { maxLength: 20 });

test('well_sized_packets_pass, however they are cut', () => {
  fc.assert(
    fc.property(packets(LIMIT), cuts, (all, places) =>
      acceptsInPieces(Buffer.concat(all.map(([first, length]) => packet(first, length))), places),
    ),
  );
});

test('an_oversized_packet_is_refused_by_its_length_alone, however it is cut', () => {
  fc.assert(
    fc.property(packets(LIMIT), fc.integer({ min: LIMIT + 1, max: 268_435_455 }), cuts, (before, length, places) => {
      const head = packet(0x30, 0).subarray(0, 1);
      const digits = packet(0x30, Math.min(length, 20_000)).subarray(1);
      const announced = Buffer.concat([head, digits.subarray(0, digits.findIndex((byte) => byte < 0x80) + 1)]);
      const whole = Buffer.concat([...before.map(([first, size]) => packet(first, size)), announced]);
      return !acceptsInPieces(whole, places);
    }),
  );
});

test('a length of more than four digits is none', () => {
  assert.equal(createFrameGuard(2 ** 30).accepts(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80])), false);
  assert.equal(createFrameGuard(2 ** 30).accepts(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])), true);
});
