import { equalBytes } from '#base/bytes';
import { createMerkleFrontier, type MerkleFrontier } from '#crypto/merkle-frontier';
import { leafDigest } from '#crypto/merkle-log';
import { headerOf, type RecordHeader } from '#mirror/history/sealed-record';
import { boundedLines } from './bounded-lines.ts';
import { checkNote, type TrustedKeys } from './check-note.ts';
import { subtreesOf } from './folded-tree.ts';
import {
  type BundleHead,
  type BundleVerdict,
  LINE_LIMIT,
  malformed,
  parseHead,
  parseRecordLine,
} from './history-bundle.ts';

/**
 * Verifies a bundle with public keys alone, in one pass.
 * @throws Fault `bundle.malformed`, `lines.*` for what is no bundle
 */
export async function verifyBundle(chunks: AsyncIterable<Uint8Array>, keys: TrustedKeys): Promise<BundleVerdict> {
  const tree = createMerkleFrontier();
  let head: BundleHead | undefined;
  let first: RecordHeader | undefined;
  let last: RecordHeader | undefined;
  let line = 0;
  for await (const text of boundedLines(chunks, LINE_LIMIT)) {
    line += 1;
    if (head === undefined) {
      head = parseHead(text);
      appendAll(tree, 0, head.from, head.before);
      continue;
    }
    const { position, sealed } = parseRecordLine(text, line);
    if (position !== tree.size || position >= head.to)
      return wrongRecord(tree.size, `line ${line} holds \`${position}\``);
    const header = headerOf(sealed);
    if (header?.position !== position) return wrongRecord(position, 'it was not sealed as this record');
    tree.append(leafDigest(sealed));
    first ??= header;
    last = header;
  }
  if (head === undefined) throw malformed(1, 'there is none');
  if (tree.size !== head.to) return wrongRecord(tree.size, 'it is missing');
  appendAll(tree, head.to, head.size, head.after);
  return judge(head, tree, keys, { first, last });
}

function appendAll(tree: MerkleFrontier, from: number, to: number, digests: readonly Uint8Array[]): void {
  for (const [index, { height }] of subtreesOf(from, to).entries()) {
    tree.appendSubtree({ height, digest: digests[index] as Uint8Array });
  }
}

const wrongRecord = (position: number, reason: string): BundleVerdict => ({
  kind: 'tampered',
  what: 'record',
  position,
  reason,
});

interface Ends {
  readonly first: RecordHeader | undefined;
  readonly last: RecordHeader | undefined;
}

function judge(
  { from, to, size, note }: BundleHead,
  tree: MerkleFrontier,
  keys: TrustedKeys,
  ends: Ends,
): BundleVerdict {
  const check = checkNote(note, keys);
  if (check.kind === 'false') return { kind: 'tampered', what: 'checkpoint', reason: check.reason };
  const { checkpoint, extensions, cosignedBy } = check;
  const root = tree.root();
  if (checkpoint.size !== size || !equalBytes(checkpoint.root, root)) {
    const reason = 'the records and digests are not those that the checkpoint was signed over';
    return { kind: 'tampered', what: 'bundle', reason };
  }
  return { kind: 'intact', origin: checkpoint.origin, from, to, size, root, extensions, cosignedBy, ...ends };
}
