import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { parseCheckpoint } from '#crypto/signed-note';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { InclusionProof, SignedCheckpoint } from '#mirror/history/history';
import type { Position, RecordKind, SubjectId } from '#mirror/history/record';
import { placed } from '#platform/fleet/place';
import { messagesOf } from '#platform/records';
import type { StoredCheckpoint } from '../store/store.ts';
import type { Found, HistoryQuery, HistoryReader } from './history-reader.ts';
import type { Opened } from './opened.ts';
import { createPastState } from './past-state.ts';
import { loadBlocks, readStored } from './stored-history.ts';

const PAGE = 2_000;
const MESSAGE_KINDS: readonly RecordKind[] = ['MessageReceived', 'CommandAcknowledged'];

/** Reads history from the store that is open now. `durable` is how many of its records are. */
export function createStoredReader(current: () => Opened, durable: () => Position): HistoryReader {
  const find = async (query: HistoryQuery): Promise<readonly Found[]> => {
    const { store, subjectSecrets } = current();
    return (await store.find(query)).map((stored) => readStored(stored, subjectSecrets));
  };

  async function* range(from: Position, to: Position): AsyncIterable<Found> {
    const { store, subjectSecrets } = current();
    for await (const page of store.records(from, to))
      for (const stored of page) yield readStored(stored, subjectSecrets);
  }

  /** All records of a query, page by page. */
  async function* all(query: Omit<HistoryQuery, 'limit' | 'after'>): AsyncIterable<Found> {
    let after: Position = -1;
    for (;;) {
      const page = await find({ ...query, after, limit: PAGE });
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = last.position;
    }
  }

  async function* messages(subject: SubjectId, from: Millis, to: Millis): AsyncIterable<DeviceMessage> {
    for await (const found of all({ subject, kinds: MESSAGE_KINDS, from, to })) {
      if (found.kind === 'read')
        yield* messagesOf(found.record).map((message) => placed(current().fleet.registry, message));
    }
  }

  const requireRecord = (position: Position, size: number): void => {
    if (Number.isSafeInteger(position) && position >= 0 && position < size) return;
    throw new Fault('history.no-record', `history: no record \`${position}\` among ${size}`, { position, size });
  };

  const proveInclusion = async (position: Position, wanted?: number): Promise<InclusionProof> => {
    const { store, tree } = current();
    const size = wanted ?? durable();
    requireRecord(size - 1, durable());
    requireRecord(position, size);
    const loaded = await loadBlocks(store, tree, position, size);
    const [leaf] = await store.leaves(position, position + 1);
    if (leaf === undefined) throw new Fault('history.tampered', `history: no record \`${position}\``);
    return { position, size, leaf, path: tree.proveInclusion(position, size, loaded) };
  };

  const proveConsistency = async (first: number, wanted?: number): Promise<readonly Uint8Array[]> => {
    const { store, tree } = current();
    const size = wanted ?? durable();
    if (size > 0) requireRecord(size - 1, durable());
    if (!Number.isSafeInteger(first) || first < 0 || first > size) requireRecord(-1, size);
    return tree.proveConsistency(first, size, await loadBlocks(store, tree, first, size));
  };

  return {
    get size() {
      return durable();
    },
    find,
    range,
    messages,
    ...createPastState({ all, registry: () => current().fleet.registry }),
    proveInclusion,
    proveConsistency,
    checkpoints: async () => (await current().store.checkpoints()).map(signed),
    latestCheckpoint: async () => {
      const [last] = await current().store.checkpoints(durable());
      return last === undefined ? undefined : signed(last);
    },
  };
}

/** A stored note, read. Whether it is signed was checked when it was made, and is again by whoever is handed it. */
function signed({ note, at }: StoredCheckpoint): SignedCheckpoint {
  const boundary = note.indexOf('\n\n');
  const { checkpoint } = parseCheckpoint(note.slice(0, boundary + 1));
  return { ...checkpoint, at, note };
}
