import { Fault } from '#base/fault';
import type { Clock } from '#base/time';
import type { MerkleLog } from '#crypto/merkle-log';
import type { SigningKey } from '#crypto/sign';
import { createNoteSigner, type NoteSigner } from '#crypto/signed-note';
import { createLedger, type Ledger } from '#mirror/history/ledger';
import {
  type HistoryRecord,
  PLATFORM_SUBJECT,
  type Position,
  type RecordKind,
  type SubjectId,
} from '#mirror/history/record';
import { readHeader } from '#mirror/history/sealed-record';
import { createFleet, type Fleet } from '#platform/fleet/fleet';
import type { FleetDeps } from '#platform/fleet/fleet-state';
import type { ReplaySummary } from '#platform/fleet/replay';
import type { RootKeys } from '../keys/root-key.ts';
import type { Store } from '../store/store.ts';
import { destroyKeysOf, forgottenIn } from './forgotten.ts';
import { type PlatformKeys, platformKeys } from './platform-keys.ts';
import { rewrappedUnder, wrappingKeys } from './root-key-change.ts';
import { openShelf, type Shelf } from './shelf.ts';
import { type PassedOver, restoreNewest } from './snapshots.ts';
import { openTree, readStored, requireHead, requireSigned, tampered } from './stored-history.ts';
import { createSubjectSecrets, type SubjectSecrets } from './subject-secrets.ts';

/** What a fleet of this house is made with, beside what history gives it. */
export type FleetSettings = Omit<FleetDeps, 'clock' | 'history' | 'commandSigners' | 'commandIdOf' | 'secretOf'>;

/** Another part of the state that is folded from history, such as accounts. */
export interface Fold {
  readonly kinds: ReadonlySet<RecordKind>;
  /** Called before records are fed: the store may have been lost and found. */
  reset(): void;
  feed(record: HistoryRecord): void;
}

export interface OpeningDeps {
  readonly origin: string;
  readonly version: string;
  readonly clock: Clock;
  readonly settings: FleetSettings;
  readonly rootKeys: RootKeys;
  readonly folds: readonly Fold[];
  /** The epoch of the last opening, kept where a restored backup of the store does not reset it; and how to keep the next one. */
  readonly epochs: { last(): number; keep(epoch: number): void };
  /** The newest signed checkpoint, kept outside of the store as well. */
  readonly head?: { last(): string | undefined; keep(note: string): void };
}

/** A store that was opened, and all that is known from it. */
export interface Opened {
  readonly store: Store;
  readonly shelf: Shelf;
  readonly subjectSecrets: SubjectSecrets;
  readonly keys: PlatformKeys;
  readonly signers: readonly NoteSigner[];
  readonly tree: MerkleLog;
  readonly ledger: Ledger;
  readonly fleet: Fleet;
  readonly forgotten: Set<SubjectId>;
  readonly replayed: ReplaySummary;
  readonly restoredFrom: Position;
  readonly passedOver: readonly PassedOver[];
  /** The store was opened later than it knows of: a backup was restored, or somebody took the end of history away. */
  readonly isBehind: boolean;
}

/**
 * Opens a store and makes the state that its history tells of.
 * @throws Fault `history.tampered`, `keys.wrong-root-key`, `store.*`, `note.*`
 */
export async function openHistory(store: Store, deps: OpeningDeps): Promise<Opened> {
  const { rootKeys, origin } = deps;
  const secrets = await store.secrets();
  const shelf = await openShelf(secrets, (secret) => rootKeys.unwrap(secret));
  const forgotten = await forgottenIn(store, shelf);
  const subjectSecrets = createSubjectSecrets({ ...shelf, isForgotten: (subject) => forgotten.has(subject) });
  const keys = platformKeys(shelf);
  const signers = keys.history.map((key) => createNoteSigner(origin, key));
  const tree = await openTree(store);
  const verifiers = signers.map(({ verifier }) => verifier);
  await requireSigned(store, tree, verifiers);
  await requireHead(store, tree, verifiers, deps.head?.last());
  const { epoch, isBehind } = await nextEpoch(store, deps);
  const ledger = createLedger({ origin, keys: subjectSecrets, signers, epoch, tree });
  const create = (): Fleet => createFleetOf(deps, ledger, shelf, subjectSecrets, keys.command);
  const size = tree.size;
  const restored = restoreNewest(create, await store.snapshots(), size, deps.version, subjectSecrets);
  const { fleet, position: restoredFrom, passedOver } = restored;
  const replayed = await replayInto(fleet, store, restoredFrom, size, deps.folds, subjectSecrets);
  // who was being forgotten when the platform ended is forgotten now: the record was kept, the keys may have been too
  for (const subject of forgotten) {
    if (subjectSecrets.find(subject) !== undefined) destroyKeysOf(subject, { fleet, shelf, subjectSecrets });
  }
  const wrapping = wrappingKeys(secrets, rootKeys.current);
  const rewrapped = await rewrappedUnder(store, subjectSecrets, wrapping);
  const { differences } = replayed;
  fleet.record('HistoryOpened', PLATFORM_SUBJECT, {
    epoch,
    version: deps.version,
    differences,
    rootKeys: [...wrapping],
    ...(isBehind ? { behind: true } : {}),
  });
  if (rewrapped !== undefined) fleet.record('SecretsRewrapped', PLATFORM_SUBJECT, { rootKey: rewrapped });
  return {
    store,
    shelf,
    subjectSecrets,
    keys,
    signers,
    tree,
    ledger,
    fleet,
    forgotten,
    replayed,
    restoredFrom,
    passedOver,
    isBehind,
  };
}

/** The fleet whose records go to `ledger`. */
export function createFleetOf(
  { clock, settings }: Pick<OpeningDeps, 'clock' | 'settings'>,
  ledger: Pick<Ledger, 'append'>,
  shelf: Pick<Shelf, 'find'>,
  keys: Pick<SubjectSecrets, 'commandId'>,
  commandSigners: readonly SigningKey[],
): Fleet {
  return createFleet({
    ...settings,
    clock,
    history: { append: (record) => void ledger.append(record) },
    commandSigners,
    commandIdOf: keys.commandId,
    secretOf: (thing, fingerprint) => shelf.find(thingSecretName(thing, fingerprint)),
  });
}

export const thingSecretName = (thing: string, fingerprint: string): string => `thing/${thing}/${fingerprint}`;

/** Feeds the fleet the records after its snapshot, and every fold all of its own. */
export async function replayInto(
  fleet: Fleet,
  store: Store,
  from: Position,
  size: Position,
  folds: readonly Fold[],
  keys: SubjectSecrets,
): Promise<ReplaySummary> {
  for (const fold of folds) fold.reset();
  await feedFolds(store, from, folds, keys);
  const replay = fleet.replay();
  let next = from;
  for await (const page of store.records(from, size)) {
    for (const stored of page) {
      if (stored.position !== next) throw tampered(`no record \`${next}\``);
      next += 1;
      const found = readStored(stored, keys);
      if (found.kind === 'forgotten') {
        replay.pass(found.subject);
        continue;
      }
      replay.feed(found.record, found.position);
      for (const fold of folds) if (fold.kinds.has(found.record.kind)) fold.feed(found.record);
    }
  }
  if (next !== size) throw tampered(`no record \`${next}\``);
  return replay.end();
}

const PAGE = 5_000;

/** What folds need of the part of history that the fleet's snapshot stands for. */
async function feedFolds(store: Store, before: Position, folds: readonly Fold[], keys: SubjectSecrets): Promise<void> {
  const kinds = [...new Set(folds.flatMap((fold) => [...fold.kinds]))];
  if (kinds.length === 0 || before === 0) return;
  let after = -1;
  for (;;) {
    const page = await store.find({ kinds, after, before, limit: PAGE });
    for (const stored of page) {
      const found = readStored(stored, keys);
      if (found.kind === 'read')
        for (const fold of folds) if (fold.kinds.has(found.record.kind)) fold.feed(found.record);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.position;
  }
}

/** INVARIANT: grows with every opening, and does not fall back when a backup is restored: two of its three sources are outside. */
async function nextEpoch(
  store: Store,
  { clock, epochs }: OpeningDeps,
): Promise<{ readonly epoch: number; readonly isBehind: boolean }> {
  const [last] = await store.find({ limit: 1, descending: true });
  const inStore = last === undefined ? -1 : readHeader(last.sealed).epoch;
  const isBehind = epochs.last() > Math.max(0, inStore);
  const epoch = Math.max(inStore + 1, epochs.last() + 1, Math.floor(clock.now() / 1_000));
  if (epoch >= 2 ** 32)
    throw new Fault('history.epoch', `history: epoch \`${epoch}\` does not fit; the clock is wrong`);
  epochs.keep(epoch);
  return { epoch, isBehind };
}
