import { Fault } from '#base/fault';
import { DIGEST_BYTES } from '#crypto/digest';
import { NOTE_LIMIT } from '#crypto/signed-note';
import type { Position } from '#mirror/history/record';
import { RECORD_LIMIT, type RecordHeader } from '#mirror/history/sealed-record';
import { subtreesOf } from './folded-tree.ts';

/** First line of a bundle (`docs/history-bundle.md`). The root of the tree follows from it and the records alone. */
export interface BundleHead {
  /** The bundle holds the records [from, to) of a history of `size`. */
  readonly from: Position;
  readonly to: Position;
  readonly size: number;
  /** Roots of the subtrees of [0, from) and of [to, size), as `subtreesOf` names them. */
  readonly before: readonly Uint8Array[];
  readonly after: readonly Uint8Array[];
  /** The checkpoint over the first `size` records. */
  readonly note: string;
}

const FORMAT = 'wardtwin-history-bundle/1';

/** Greatest line: a record in base64, and what stands around it. */
export const LINE_LIMIT = Math.ceil(RECORD_LIMIT / 3) * 4 + 64;

export const formatHead = ({ from, to, size, before, after, note }: BundleHead): string =>
  `${JSON.stringify({
    format: FORMAT,
    from,
    to,
    size,
    before: before.map((digest) => digest.toBase64()),
    after: after.map((digest) => digest.toBase64()),
    note,
  })}\n`;

/** @throws Fault `bundle.malformed` */
export function parseHead(line: string): BundleHead {
  const { format, from, to, size, before, after, note } = parseObject(line, 1);
  if (format !== FORMAT) throw malformed(1, `not a \`${FORMAT}\``);
  if (!isCount(from) || !isCount(to) || !isCount(size) || from > to || to > size) {
    throw malformed(1, '`from`, `to` and `size` are no range of a history');
  }
  if (typeof note !== 'string' || note.length > NOTE_LIMIT) throw malformed(1, '`note` is no text of a checkpoint');
  return {
    from,
    to,
    size,
    before: parseDigests(before, subtreesOf(0, from).length, 'before'),
    after: parseDigests(after, subtreesOf(to, size).length, 'after'),
    note,
  };
}

export const formatRecordLine = (position: Position, sealed: Uint8Array): string =>
  `{"position":${position},"sealed":"${sealed.toBase64()}"}\n`;

/** @throws Fault `bundle.malformed` */
export function parseRecordLine(
  text: string,
  line: number,
): { readonly position: Position; readonly sealed: Uint8Array } {
  const { position, sealed } = parseObject(text, line);
  const bytes = parseBase64(sealed);
  if (!isCount(position) || bytes === undefined) throw malformed(line, 'not a position and a sealed record');
  return { position, sealed: bytes };
}

/** What a bundle is found to be. Records stay sealed: their headers are what it says without a key. */
export type BundleVerdict =
  | {
      readonly kind: 'intact';
      readonly origin: string;
      readonly from: Position;
      readonly to: Position;
      readonly size: number;
      readonly root: Uint8Array;
      readonly extensions: readonly string[];
      readonly cosignedBy: readonly string[];
      readonly first: RecordHeader | undefined;
      readonly last: RecordHeader | undefined;
    }
  | { readonly kind: 'tampered'; readonly what: 'record'; readonly position: Position; readonly reason: string }
  | { readonly kind: 'tampered'; readonly what: 'checkpoint' | 'bundle'; readonly reason: string };

export const malformed = (line: number, what: string): Fault =>
  new Fault('bundle.malformed', `bundle: line ${line}: ${what}`, { line });

function parseObject(text: string, line: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // the same answer as for another value
  }
  throw malformed(line, 'not a JSON object');
}

function parseDigests(value: unknown, count: number, name: string): readonly Uint8Array[] {
  const digests = Array.isArray(value) && value.length === count ? value.map(parseBase64) : [undefined];
  if (digests.every((digest): digest is Uint8Array => digest?.length === DIGEST_BYTES)) return digests;
  throw malformed(1, `\`${name}\` has to hold ${count} digests`);
}

function parseBase64(value: unknown): Uint8Array | undefined {
  try {
    return typeof value === 'string' ? Uint8Array.fromBase64(value, { lastChunkHandling: 'strict' }) : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
