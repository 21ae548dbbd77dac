import { concat } from '#base/bytes';

/** Text of one or several blocks (RFC 7468), each ending in a newline. */
export type Pem = string;

const LINE_LENGTH = 64;

/** Base64 in lines of 64 characters, each ending in a newline: what `openssl base64 -d` reads. */
export function toBase64Lines(bytes: Uint8Array): string {
  const text = bytes.toBase64();
  let lines = '';
  for (let at = 0; at < text.length; at += LINE_LENGTH) lines += `${text.slice(at, at + LINE_LENGTH)}\n`;
  return lines;
}

/** The bytes of base64 text that may be broken into lines, or undefined when it is not base64. */
export function fromBase64Lines(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text.replaceAll(/[ \t\r\n]/g, ''), { lastChunkHandling: 'strict' });
  } catch {
    return undefined;
  }
}

export const toPem = (label: 'CERTIFICATE' | 'PRIVATE KEY', der: Uint8Array): Pem =>
  `-----BEGIN ${label}-----\n${toBase64Lines(der)}-----END ${label}-----\n`;

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** The certificates of a chain, in order, each as one PEM block. Text around the blocks is left out. */
export function certificatesOf(pem: Pem): readonly Pem[] {
  const blocks: Pem[] = [];
  for (const [, body = ''] of pem.matchAll(CERTIFICATE_BLOCK)) {
    const der = fromBase64Lines(body);
    if (der !== undefined) blocks.push(toPem('CERTIFICATE', der));
  }
  return blocks;
}

/** Whether `bytes` is one DER SEQUENCE and nothing behind it (X.690, 8.1.3 and 10.1). */
export function isOneSequence(bytes: Uint8Array): boolean {
  if (bytes.length < 2 || bytes[0] !== 0x30) return false;
  const first = bytes[1] as number;
  if (first < 0x80) return bytes.length === 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 3 || bytes.length < 2 + count) return false;
  let length = 0;
  for (const byte of bytes.subarray(2, 2 + count)) length = length * 256 + byte;
  const isShortest = length >= (count === 1 ? 0x80 : 256 ** (count - 1));
  return isShortest && bytes.length === 2 + count + length;
}

/** DER of a non-negative INTEGER (X.690, 8.3). */
export function derInteger(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if (bytes.length === 0 || (bytes[0] as number) >= 0x80) bytes.unshift(0);
  return concat(Uint8Array.of(0x02, bytes.length), Uint8Array.from(bytes));
}
