import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import type { SignedCheckpoint } from '#mirror/history/history';
import type { Drained, Ledger } from '#mirror/history/ledger';
import type { Store, StoredRecord, StoredSecret, StoredSnapshot } from '../store/store.ts';
import { type Cosignature, cosignatureOf, cosignedCheckpoints } from './cosigned-checkpoints.ts';
import type { Shelf } from './shelf.ts';

/** Records that may wait for a commit; nobody adds to more. */
const MOST_PENDING = 50_000;
/** A checkpoint is signed with the first commit after this, in real time, */
const CHECKPOINT_PERIOD: Millis = 60_000;
/** or after so many records. */
const CHECKPOINT_RECORDS = 20_000;

export interface CommitterDeps {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly shelf: Shelf;
  readonly wrap: (name: string, secret: Uint8Array) => Promise<StoredSecret>;
  readonly now: () => Millis;
  /** `took` is how long it took, milliseconds. */
  readonly onCommitted: (drained: Drained, took: number) => void;
  /** A new checkpoint is durable. */
  readonly onSigned: (checkpoint: SignedCheckpoint) => void;
  /** INVARIANT: called at most once; nothing is committed after it. */
  readonly onFailed: (error: unknown) => void;
}

/** Group commit: what is appended while a commit is under way goes into the next one. */
export interface Committer {
  /** To be asked before anything is appended: what was appended cannot be taken back. @throws Fault `live.busy` */
  requireRoom(): void;
  /**
   * Resolves when all that was appended so far is durable, by whomever: who appended nothing may have seen what is not yet.
   * @throws Fault `live.unavailable`
   */
  settled(): Promise<void>;
  /**
   * Signs with the next commit, whose checkpoint it resolves to. INVARIANT: of one size there is one text that was signed, or
   * the cosignatures of the first would be lost with it.
   */
  checkpoint(): Promise<SignedCheckpoint>;
  /** See `Live.cosign`. */
  cosign(checkpoint: SignedCheckpoint, line: string): Promise<void>;
  keepSnapshots(snapshots: readonly StoredSnapshot[]): Promise<void>;
  /** Nothing more is taken: waits for what is under way. */
  stop(): Promise<void>;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createCommitter(deps: CommitterDeps): Committer {
  const { store, ledger, shelf } = deps;
  let waiters: Waiter[] = [];
  /** Those whom the commit under way answers; undefined when none is. */
  let answered: Waiter[] | undefined;
  let wanted: ((checkpoint: SignedCheckpoint) => void)[] = [];
  let snapshots: StoredSnapshot[] = [];
  let cosignatures: Cosignature[] = [];
  let underWay: Promise<void> | undefined;
  let scheduled = false;
  let failure: Fault | undefined;
  let stopped = false;
  let signedAt = Number.NEGATIVE_INFINITY;
  let signed: SignedCheckpoint | undefined;

  const isDirty = (): boolean =>
    ledger.pending > 0 || shelf.pending || wanted.length > 0 || snapshots.length > 0 || cosignatures.length > 0;

  const schedule = (): void => {
    if (scheduled || underWay !== undefined || failure !== undefined) return;
    scheduled = true;
    // After the sockets that are ready were read: all that they bring shares one commit.
    setImmediate(() => {
      scheduled = false;
      underWay = run().finally(() => {
        underWay = undefined;
        // whoever waits does so for what is dirty
        if (isDirty()) schedule();
      });
    });
  };

  const run = async (): Promise<void> => {
    answered = waiters;
    const asking = wanted;
    const drained = ledger.drain();
    const secrets = shelf.drain();
    const kept = snapshots;
    const cosigned = cosignatures;
    const startedAt = performance.now();
    waiters = [];
    wanted = [];
    snapshots = [];
    cosignatures = [];
    try {
      // before anything is awaited: it signs what was drained, and nothing that came after
      const checkpoint = asking.length > 0 || isCheckpointDue(drained) ? newest() : undefined;
      const isNew = checkpoint !== signed && checkpoint !== undefined;
      const wrapped = await Promise.all(secrets.kept.map(([name, secret]) => deps.wrap(name, secret)));
      await store.commit({
        records: drained.entries.map(storedRecord),
        blocks: drained.blocks,
        checkpoints: [
          ...(await cosignedCheckpoints(store, cosigned)),
          ...(isNew ? [{ size: checkpoint.size, at: checkpoint.at, note: checkpoint.note }] : []),
        ],
        secrets: wrapped,
        destroyed: secrets.destroyed,
        snapshots: kept,
      });
      if (isNew) {
        signedAt = performance.now();
        signed = checkpoint;
        deps.onSigned(checkpoint);
      }
      if (checkpoint !== undefined) for (const resolve of asking) resolve(checkpoint);
    } catch (error) {
      fail(error);
      return;
    }
    deps.onCommitted(drained, performance.now() - startedAt);
    for (const { resolve } of answered) resolve();
    answered = undefined;
  };

  const newest = (): SignedCheckpoint => (signed?.size === ledger.size ? signed : ledger.checkpoint(deps.now()));

  const isCheckpointDue = ({ entries }: Drained): boolean => {
    const last = entries.at(-1);
    if (last === undefined) return false;
    return (
      performance.now() - signedAt >= CHECKPOINT_PERIOD || last.position - (signed?.size ?? 0) >= CHECKPOINT_RECORDS
    );
  };

  const fail = (error: unknown): void => {
    failure = unavailable(error);
    for (const { reject } of [...(answered ?? []), ...waiters]) reject(failure);
    answered = undefined;
    waiters = [];
    deps.onFailed(error);
  };

  const settled = (): Promise<void> => {
    if (failure !== undefined || stopped) return Promise.reject(failure ?? unavailable(undefined));
    const joined = isDirty() ? waiters : answered;
    if (joined === undefined) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      joined.push({ resolve, reject });
      schedule();
    });
  };

  const requireRoom = (): void => {
    if (ledger.pending <= MOST_PENDING) return;
    throw new Fault('live.busy', `live: \`${ledger.pending}\` records wait; try again later`);
  };

  return {
    requireRoom,
    settled,
    checkpoint: async () => {
      const checkpoint = new Promise<SignedCheckpoint>((resolve) => wanted.push(resolve));
      await settled();
      return checkpoint;
    },
    cosign: (checkpoint, line) => {
      cosignatures.push(cosignatureOf(checkpoint, line));
      return settled();
    },
    keepSnapshots: (more) => {
      snapshots.push(...more);
      return settled();
    },
    stop: async () => {
      if (failure === undefined && isDirty()) await settled();
      await underWay;
      stopped = true;
    },
  };
}

const storedRecord = ({ position, record, sealed, leaf }: Drained['entries'][number]): StoredRecord => ({
  position,
  subject: record.subject,
  kind: record.kind,
  at: record.at,
  sealed,
  leaf,
});

/** Its message goes to whoever asked: what failed unexpectedly is told to nobody but the log, and there without its words. */
function unavailable(cause: unknown): Fault {
  const why = cause === undefined ? 'closed' : cause instanceof Fault ? cause.message : 'unexpectedly';
  return new Fault('live.unavailable', `live: what happened could not be kept: ${why}`, { cause });
}
