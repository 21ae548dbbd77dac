/** What a byte leaves in the register after itself, and after one more byte. */
const AFTER_ONE = new Uint16Array(256);
const AFTER_TWO = new Uint16Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  AFTER_ONE[byte] = crc;
}
for (let byte = 0; byte < 256; byte += 1) {
  const crc = AFTER_ONE[byte]!;
  AFTER_TWO[byte] = (crc << 8) ^ AFTER_ONE[crc >>> 8]!;
}

/**
 * CRC-16/IBM-3740 ("CCITT-FALSE"): polynomial 0x1021, initial value 0xFFFF, over `bytes[0, end)`. Check value of the ASCII
 * text `123456789`: 0x29B1. Finds transmission errors; anybody can compute it, so it authenticates nothing.
 */
export function crc16(bytes: Uint8Array, end: number = bytes.length): number {
  let crc = 0xffff;
  let index = 0;
  // The register is linear: both bytes of a pair are looked up independently of each other.
  for (; index + 1 < end; index += 2) {
    crc = AFTER_TWO[(crc >>> 8) ^ bytes[index]!]! ^ AFTER_ONE[(crc & 0xff) ^ bytes[index + 1]!]!;
  }
  return index < end ? ((crc << 8) & 0xffff) ^ AFTER_ONE[(crc >>> 8) ^ bytes[index]!]! : crc;
}
