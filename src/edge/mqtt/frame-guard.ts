import type { Readable } from 'node:stream';

/** Most bytes of a remaining length (MQTT 3.1.1, 2.2.3). */
const MOST_DIGITS = 4;

/** Follows the packets of an MQTT stream by their fixed headers (MQTT 3.1.1, 2.2), whatever is in them. */
export interface FrameGuard {
  /** Whether none of the packets that begin in `chunk` announces more than the limit. To be asked for every chunk, in order. */
  accepts(chunk: Uint8Array): boolean;
}

export function createFrameGuard(limit: number): FrameGuard {
  /** Bytes of the running packet that are still to come. */
  let left = 0;
  let length = 0;
  /** Digits of the remaining length read so far; -1 before the first byte of a packet. */
  let digits = -1;

  return {
    accepts: (chunk) => {
      let at = 0;
      while (at < chunk.length) {
        if (left > 0) {
          const skipped = Math.min(left, chunk.length - at);
          left -= skipped;
          at += skipped;
          continue;
        }
        const byte = chunk[at] as number;
        at += 1;
        if (digits < 0) {
          digits = 0;
          length = 0;
          continue;
        }
        length += (byte & 0x7f) * 128 ** digits;
        digits += 1;
        if (length > limit) return false;
        if (byte >= 0x80) {
          if (digits === MOST_DIGITS) return false;
          continue;
        }
        left = length;
        digits = -1;
      }
      return true;
    },
  };
}

/**
 * Lets nobody read more of `stream` than well-sized packets. The parser behind it collects whatever length a packet announces,
 * and would hold 256 MB for whoever announces that; here the announcement already ends the stream.
 */
export function guardFrames(stream: Readable, limit: number, onTooLarge: () => void): void {
  const guard = createFrameGuard(limit);
  const read = stream.read.bind(stream);
  stream.read = (size?: number) => {
    const chunk: Uint8Array | null = read(size);
    if (chunk === null || guard.accepts(chunk)) return chunk;
    onTooLarge();
    return null;
  };
}
