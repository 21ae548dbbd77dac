const TABLE = new Uint16Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  TABLE[byte] = crc;
}

/**
 * CRC-16/IBM-3740 ("CCITT-FALSE"): polynomial 0x1021, initial value 0xFFFF, over `bytes[0, end)`. Check value of the ASCII
 * text `123456789`: 0x29B1. Finds transmission errors; anybody can compute it, so it authenticates nothing.
 */
export function crc16(bytes: Uint8Array, end: number = bytes.length): number {
  let crc = 0xffff;
  for (let index = 0; index < end; index += 1) crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >>> 8) ^ bytes[index]!]!;
  return crc;
}
