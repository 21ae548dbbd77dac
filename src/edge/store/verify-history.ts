import { equalBytes } from '#base/bytes';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { createMerkleFrontier } from '#crypto/merkle-frontier';
import { BLOCK_LEAVES, leafDigest } from '#crypto/merkle-log';
import { openNote, parseCheckpoint } from '#crypto/signed-note';
import type { Position } from '#mirror/history/record';
import { readHeader } from '#mirror/history/sealed-record';
import { checkNote, type TrustedKeys } from './check-note.ts';
import { type FoldedTree, openFoldedTree, subtreesOf } from './folded-tree.ts';
import type { Store, StoredCheckpoint, StoredRecord } from './store.ts';

export interface VerifyOptions extends TrustedKeys {
  /** Records [from, to) are read; what lies outside is taken from blocks and leaves, which a checkpoint vouches for. */
  readonly from?: Position;
  readonly to?: Position;
  /** The note of a checkpoint that was kept elsewhere: the history must begin with its. */
  readonly against?: string;
}

/** What is wrong first, and where. */
export type Tampering = { readonly kind: 'tampered'; readonly reason: string } & (
  | { readonly what: 'record'; readonly position: Position }
  | { readonly what: 'block'; readonly index: number }
  | { readonly what: 'checkpoint'; readonly size: number }
);

export interface Intact {
  readonly kind: 'intact';
  readonly from: Position;
  readonly to: Position;
  /** How many records `root` is over. */
  readonly size: number;
  readonly root: Uint8Array;
  /** How many stored checkpoints were checked. */
  readonly checkpoints: number;
  /** The last of them. Records from its size on are consistent but not signed yet: their loss would not be found. */
  readonly coveredBy:
    | { readonly size: number; readonly at: Millis; readonly cosignedBy: readonly string[] }
    | undefined;
  /** Of each witness, the largest of them that it cosigned: up to there not even who holds the log's keys replaced anything since. */
  readonly witnessed: readonly { readonly by: string; readonly size: number; readonly at: Millis }[];
}

export type HistoryVerdict = Intact | Tampering;

const CHECKPOINT_PAGE = 100;

/**
 * Verifies a store against itself and its signed checkpoints, with public keys alone, in memory that does not grow with it
 * (but for 32 bytes per 256 records). Whoever could not sign a checkpoint cannot have changed what this finds intact, up to
 * `coveredBy`. What a running platform appends meanwhile is left to the next time.
 * @throws Fault `verify.range`, `note.*` when `against` is no note of these keys, `store.*`
 */
export async function verifyHistory(store: Store, options: VerifyOptions): Promise<HistoryVerdict> {
  const size = await store.size();
  const { from = 0, to = size } = options;
  if (from < 0 || from > to || to > size) {
    throw new Fault(
      'verify.range',
      `verify: records \`${from}\` to \`${to}\` are not among the ${size} that there are`,
    );
  }
  const saved = options.against === undefined ? undefined : openSaved(options.against, options);
  const walk = createWalk(store, await openFoldedTree(store), from, to);
  const isWhole = from === 0 && to === size;
  let checked = 0;
  let coveredBy: Intact['coveredBy'];
  const witnessed = new Map<string, Intact['witnessed'][number]>();

  // the last checkpoint before a range vouches for what the range follows
  const start = isWhole ? undefined : ((await store.checkpoints(from))[0]?.size ?? from);

  for await (const stop of stopsOf(store, saved, start)) {
    const found = stop.kind === 'saved' ? stop : inspect(stop.stored, options);
    if (found.kind === 'tampered') return found;
    if (found.size > size) {
      if (stop.kind === 'stored' && found.size <= (await store.size())) break;
      return { kind: 'tampered', what: 'record', position: size, reason: missingOf(found.size) };
    }
    const wrong = (await walk.advance(found.size)) ?? walk.compare(found.size, found.root);
    if (wrong !== undefined) return wrong;
    if (found.kind === 'genuine') {
      checked += 1;
      coveredBy = { size: found.size, at: found.at, cosignedBy: found.cosignedBy };
      for (const by of found.cosignedBy) witnessed.set(by, { by, size: found.size, at: found.at });
    }
    // of a range, the first checkpoint beyond it vouches for all of it
    if (!isWhole && found.kind === 'genuine' && found.size >= to && (saved === undefined || walk.size >= saved.size))
      break;
  }
  const wrong =
    (await walk.advance(Math.max(to, walk.size))) ??
    walk.surplus(await store.size()) ??
    (isWhole ? await strayOf(store, size) : undefined);
  if (wrong !== undefined) return wrong;
  return {
    kind: 'intact',
    from,
    to,
    size: walk.size,
    root: walk.root(),
    checkpoints: checked,
    coveredBy,
    witnessed: [...witnessed.values()],
  };
}

const missingOf = (signed: number): string => `it is missing: a checkpoint was signed over ${signed} records`;

interface Saved {
  readonly kind: 'saved';
  readonly size: number;
  readonly root: Uint8Array;
}

function openSaved(note: string, { verifiers }: TrustedKeys): Saved {
  const { size, root } = parseCheckpoint(openNote(note, verifiers).text).checkpoint;
  return { kind: 'saved', size, root };
}

type Stop = Saved | { readonly kind: 'stored'; readonly stored: StoredCheckpoint };

/** The stored checkpoints, all or those of at least `from` records, and the saved one, smallest first. */
async function* stopsOf(
  store: Store,
  saved: Saved | undefined,
  from: number | undefined,
): AsyncGenerator<Stop, void, undefined> {
  let waiting = saved;
  for (let after = from === undefined ? undefined : from - 1; ; ) {
    const page = await store.checkpointsAfter(after, CHECKPOINT_PAGE);
    for (const stored of page) {
      if (waiting !== undefined && waiting.size <= stored.size) {
        yield waiting;
        waiting = undefined;
      }
      yield { kind: 'stored', stored };
    }
    const last = page.at(-1)?.size;
    if (last === undefined || !(last > (after ?? Number.NEGATIVE_INFINITY))) break;
    after = last;
  }
  if (waiting !== undefined) yield waiting;
}

/** A stored checkpoint by itself: its signatures, and the columns beside its note. */
function inspect({ size, at, note }: StoredCheckpoint, keys: TrustedKeys) {
  const check = checkNote(note, keys);
  const tampered = (reason: string): Tampering => ({ kind: 'tampered', what: 'checkpoint', size, reason });
  if (check.kind === 'false') return tampered(check.reason);
  const { checkpoint, extensions, cosignedBy } = check;
  if (checkpoint.size !== size) {
    const reason = `it is kept as one over \`${size}\` records, its note is over ${checkpoint.size}`;
    return { ...tampered(reason), size: checkpoint.size };
  }
  if (!extensions.includes(`at ${at}`)) return tampered('its note has another time');
  return { kind: 'genuine', size, at, root: checkpoint.root, cosignedBy } as const;
}

/** Goes through the tree from its first leaf on, once. */
interface Walk {
  readonly size: number;
  root(): Uint8Array;
  /** Takes in the leaves up to `size`: by reading records inside the range, folded elsewhere. */
  advance(size: number): Promise<Tampering | undefined>;
  compare(size: number, root: Uint8Array): Tampering | undefined;
  /** A block that there is no reason for. */
  surplus(size: number): Tampering | undefined;
}

function createWalk(store: Store, tree: FoldedTree, from: Position, to: Position): Walk {
  const whole = createMerkleFrontier();
  let block = createMerkleFrontier();

  const takeIn = (leaf: Uint8Array): Tampering | undefined => {
    // of a block that was begun elsewhere the first leaves are not known here
    if (block.size > 0 || whole.size % BLOCK_LEAVES === 0) block.append(leaf);
    whole.append(leaf);
    if (block.size < BLOCK_LEAVES) return undefined;
    const index = whole.size / BLOCK_LEAVES - 1;
    const root = block.root();
    block = createMerkleFrontier();
    const stored = tree.blocks.get(index);
    if (stored === undefined) return { kind: 'tampered', what: 'block', index, reason: 'it is missing' };
    if (equalBytes(stored, root)) return undefined;
    const reason = `it is not the root over records ${index * BLOCK_LEAVES} to ${whole.size - 1}`;
    return { kind: 'tampered', what: 'block', index, reason };
  };

  const fold = async (end: number): Promise<Tampering | undefined> => {
    for (const place of subtreesOf(whole.size, end)) {
      const digest = await tree.digest(place);
      if (digest.kind !== 'folded') return { ...digest, kind: 'tampered' };
      whole.appendSubtree({ height: place.height, digest: digest.digest });
    }
    return undefined;
  };

  const readThrough = async (end: number): Promise<Tampering | undefined> => {
    for await (const page of store.records(whole.size, end)) {
      for (const record of page) {
        if (record.position !== whole.size) return missing(whole.size);
        const wrong = defectOf(record) ?? takeIn(record.leaf);
        if (wrong !== undefined) return wrong;
      }
    }
    return whole.size < end ? missing(whole.size) : undefined;
  };

  const advance = async (end: number): Promise<Tampering | undefined> => {
    const before = whole.size < from ? await fold(Math.min(from, end)) : undefined;
    if (before !== undefined) return before;
    const inside = whole.size < Math.min(to, end) ? await readThrough(Math.min(to, end)) : undefined;
    return inside ?? (await fold(end));
  };

  return {
    get size() {
      return whole.size;
    },
    root: whole.root,
    advance,
    compare: (size, root) => {
      if (equalBytes(whole.root(), root)) return undefined;
      const reason = 'its root is not that of the records before it: they were replaced, or it is of another history';
      return { kind: 'tampered', what: 'checkpoint', size, reason };
    },
    surplus: (size) => {
      for (const index of tree.blocks.keys()) {
        if (index >= 0 && (index + 1) * BLOCK_LEAVES <= size) continue;
        return { kind: 'tampered', what: 'block', index, reason: 'there are no records that it could be over' };
      }
      return undefined;
    },
  };
}

/** Beyond it a record does not count to the size of its store. */
const LAST_POSITION = Number.MAX_SAFE_INTEGER - 1;

/** A record that was moved to where no position of ours is. Another one is missing for it, unless it was the last. */
async function strayOf(store: Store, size: number): Promise<Tampering | undefined> {
  const [stray] = [
    ...(await store.find({ before: 0, limit: 1 })),
    ...(await store.find({ after: LAST_POSITION, limit: 1 })),
  ];
  if (stray === undefined) return undefined;
  return { kind: 'tampered', what: 'record', position: size, reason: `it was moved to \`${stray.position}\`` };
}

const missing = (position: Position): Tampering => ({
  kind: 'tampered',
  what: 'record',
  position,
  reason: 'it is missing',
});

/** A stored record by itself: its leaf, and the columns that repeat its header. */
function defectOf({ position, subject, kind, at, sealed, leaf }: StoredRecord): Tampering | undefined {
  const tampered = (reason: string): Tampering => ({ kind: 'tampered', what: 'record', position, reason });
  if (!equalBytes(leafDigest(sealed), leaf)) return tampered('its bytes are not those of its leaf in the tree');
  try {
    const header = readHeader(sealed);
    if (header.position !== position) return tampered(`it was sealed as record ${header.position}`);
    if (header.subject !== subject) return tampered('its subject is not the one it was sealed with');
    if (header.kind !== kind) return tampered('its kind is not the one it was sealed with');
    if (header.at !== at) return tampered('its time is not the one it was sealed with');
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return tampered(error.message);
    throw error;
  }
}
