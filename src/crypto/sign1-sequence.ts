import { type Cursor, createCursor, readArrayHead, readByte, readMapHead, viewBytes } from '#base/canonical-reader';
import { MAJOR } from '#base/canonical-writer';
import { Fault } from '#base/fault';

/** CBOR tag of COSE_Sign1 (RFC 9052, table 1), and its items: protected and unprotected header, payload, signature. */
const TAG_BYTE = (MAJOR.tag << 5) | 18;
const ITEMS = 4;

/**
 * Takes a CBOR sequence (RFC 8742) of COSE_Sign1 apart: one for each signer, of whom the first is a COSE_Sign1 as anybody
 * reads it. Each is a view of `bytes`, for `parseCose`. An unprotected header is refused: no signature covers it.
 * @throws Fault `cose.malformed` for anything else than 1 to `most` of them, `cbor.malformed`
 */
export function splitSign1s(bytes: Uint8Array, limit: number, most: number): readonly Uint8Array[] {
  const cursor = createCursor(bytes, limit);
  const parts: Uint8Array[] = [];
  while (parts.length === 0 || cursor.offset < bytes.length) {
    if (parts.length === most) throw malformed(`more than ${most} signatures`);
    const start = cursor.offset;
    skipSign1(cursor);
    parts.push(bytes.subarray(start, cursor.offset));
  }
  return parts;
}

function skipSign1(cursor: Cursor): void {
  if (readByte(cursor) !== TAG_BYTE) throw malformed('not a tagged `Sign1`');
  if (readArrayHead(cursor) !== ITEMS) throw malformed(`\`Sign1\` is an array of ${ITEMS}`);
  const protectedBytes = viewBytes(cursor);
  if (readMapHead(cursor) !== 0) throw malformed('unprotected headers are not used');
  if (protectedBytes === undefined || viewBytes(cursor) === undefined || viewBytes(cursor) === undefined) {
    throw malformed('not a byte string');
  }
}

const malformed = (what: string): Fault => new Fault('cose.malformed', `cose: ${what}`);
