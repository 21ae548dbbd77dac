const CHUNK_BYTES = 65_536;
const LARGEST_SHARED = 4_096;

let chunk = new Uint8Array(CHUNK_BYTES);
let used = 0;

/**
 * `length` bytes of zero. Small ones share an `ArrayBuffer` with others: a typed array of its own costs 0.3 us beyond 64
 * bytes, seven times as much, and a message makes a dozen. So `bytes.buffer` is nobody's business, and a copy is needed
 * before bytes are transferred to another thread.
 */
export function allocate(length: number): Uint8Array {
  if (length > LARGEST_SHARED) return new Uint8Array(length);
  if (used + length > CHUNK_BYTES) {
    chunk = new Uint8Array(CHUNK_BYTES);
    used = 0;
  }
  const bytes = chunk.subarray(used, used + length);
  used += length;
  return bytes;
}
