import { InvariantError } from '#base/assert';
import { concat, toHex, utf8 } from '#base/bytes';
import { sha256 } from '#crypto/digest';
import type { Position } from '#mirror/history/record';
import type { Fleet } from '#platform/fleet/fleet';
import type { ReplaySummary } from '#platform/fleet/replay';
import type { RootKeys } from '../keys/root-key.ts';
import type { Store } from '../store/store.ts';
import { forgottenIn } from './forgotten.ts';
import { createFleetOf, type OpeningDeps, replayInto } from './opened.ts';
import { platformKeys } from './platform-keys.ts';
import { openShelf } from './shelf.ts';
import { nextGeneration, type PassedOver, restoreNewest, sealCapture } from './snapshots.ts';
import { createSubjectSecrets } from './subject-secrets.ts';

export interface RebuildDeps extends Pick<OpeningDeps, 'clock' | 'settings' | 'version'> {
  readonly store: Store;
  readonly rootKeys: RootKeys;
}

export interface Rebuilt {
  readonly size: Position;
  readonly summary: ReplaySummary;
  /** SHA-256 over every part of the state, hexadecimal. */
  readonly digest: string;
  /** By subject, so that a difference can be located. */
  readonly parts: ReadonlyMap<string, string>;
  /** The state as the kept snapshot and the records after it give it; absent where there is no snapshot of this version. */
  readonly kept?: { readonly from: Position; readonly digest: string; readonly differing: readonly string[] };
  /** Snapshots that could not be taken, newest first. */
  readonly passedOver: readonly PassedOver[];
}

/** Makes the state from history alone, and holds it against what the kept snapshot leads to. Writes nothing. */
export async function rebuildState(deps: RebuildDeps): Promise<Rebuilt> {
  const { store } = deps;
  const size = await store.size();
  const { fleet, summary } = await replayed(deps, size, false);
  const parts = partsOf(fleet);
  const fromSnapshot = await replayed(deps, size, true);
  const { passedOver } = fromSnapshot;
  const rebuilt = { size, summary, digest: digestOf(parts), parts, passedOver };
  if (fromSnapshot.from === 0) return rebuilt;
  const keptParts = partsOf(fromSnapshot.fleet);
  const names = new Set([...parts.keys(), ...keptParts.keys()]);
  const differing = [...names].filter((name) => parts.get(name) !== keptParts.get(name));
  return { ...rebuilt, kept: { from: fromSnapshot.from, digest: digestOf(keptParts), differing } };
}

/** Replaces the kept state by one that was made from history alone. The platform must not be running. */
export async function rebuildSnapshot(deps: RebuildDeps): Promise<void> {
  const { store, version } = deps;
  const size = await store.size();
  const { fleet, keys } = await replayed(deps, size, false);
  const generation = nextGeneration(await store.snapshots());
  for await (const snapshots of sealCapture(fleet.capture(), size, version, generation, keys)) {
    await store.commit({ records: [], blocks: [], checkpoints: [], secrets: [], destroyed: [], snapshots });
  }
}

async function replayed({ store, rootKeys, ...deps }: RebuildDeps, size: Position, useSnapshot: boolean) {
  const shelf = await openShelf(await store.secrets(), (secret) => rootKeys.unwrap(secret));
  const forgotten = await forgottenIn(store, shelf);
  const keys = createSubjectSecrets({ ...shelf, isForgotten: (subject) => forgotten.has(subject) });
  const nothing = {
    append: (): never => {
      throw new InvariantError('a rebuild writes no history');
    },
  };
  const create = (): Fleet => createFleetOf(deps, nothing, shelf, keys, platformKeys(shelf).command);
  const snapshots = useSnapshot ? await store.snapshots() : [];
  const { fleet, position: from, passedOver } = restoreNewest(create, snapshots, size, deps.version, keys);
  const summary = await replayInto(fleet, store, from, size, [], keys);
  return { fleet, from, summary, keys, passedOver };
}

/** Digests of the state's parts; the registry is one, each subject is one. */
function partsOf(fleet: Fleet): ReadonlyMap<string, string> {
  const capture = fleet.capture();
  const parts = new Map([['platform', toHex(sha256(capture.platform()))]]);
  const bySubject = capture.subjects.toSorted((left, right) => (left.subject < right.subject ? -1 : 1));
  for (const { subject, encode } of bySubject) parts.set(subject, toHex(sha256(encode())));
  return parts;
}

const digestOf = (parts: ReadonlyMap<string, string>): string =>
  toHex(sha256(concat(...[...parts].map(([name, digest]) => utf8(`${name} ${digest}\n`)))));
