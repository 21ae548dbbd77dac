import assert from 'node:assert/strict';
import { join } from 'node:path';
import { toHex } from '#base/bytes';
import type { CborObject } from '#base/canonical';
import { sha256 } from '#crypto/digest';
import { createNoteSigner } from '#crypto/signed-note';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import type { FleetSettings } from '#edge/live/opened';
import { platformKeys } from '#edge/live/platform-keys';
import { type Rebuilt, rebuildState } from '#edge/live/rebuild';
import { openShelf } from '#edge/live/shelf';
import { readStored } from '#edge/live/stored-history';
import { createSubjectSecrets } from '#edge/live/subject-secrets';
import { openStore } from '#edge/store/open-store';
import type { Store } from '#edge/store/store';
import { verifyHistory } from '#edge/store/verify-history';
import type { HistoryRecord } from '#mirror/history/record';
import type { Fleet } from '#platform/fleet/fleet';

export interface KeptAt {
  readonly location: string;
  /** Of the root keys. */
  readonly rootKeys: string;
  readonly origin: string;
  readonly version: string;
  readonly settings: FleetSettings;
}

/** What the outside was told, and what it handed in. */
export interface Told {
  /** `sender sequence` of every message that was acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** The same of every message that was ever handed in, acknowledged or not. */
  readonly sent: ReadonlySet<string>;
  /** `subject id` of every command that was answered as permitted, and of every one that a device was handed. */
  readonly permitted: ReadonlySet<string>;
  readonly dispatched: ReadonlySet<string>;
}

export const messageKey = (sender: unknown, sequence: unknown): string => `${sender} ${sequence}`;

export interface Held {
  readonly size: number;
  readonly messages: number;
  readonly rebuilt: Rebuilt;
}

/**
 * The argument of every fault test: whatever happened, history is intact, what was acknowledged is in it exactly once, nothing
 * is in it twice, time and epochs only grow in it, and the state is what it says. Reads beside a running platform too.
 */
export async function holdAgainstHistory(at: KeptAt, told: Told): Promise<Held> {
  const store = await openStore(at.location, 'reading');
  try {
    const rootKeys = await openFileRootKeys({ directory: at.rootKeys, create: false });
    const shelf = await openShelf(await store.secrets(), (secret) => rootKeys.unwrap(secret));
    const verifiers = platformKeys(shelf).history.map((key) => createNoteSigner(at.origin, key).verifier);
    const verdict = await verifyHistory(store, { verifiers });
    assert.equal(verdict.kind, 'intact', JSON.stringify(verdict));
    const records = await readAll(store, createSubjectSecrets({ ...shelf, isForgotten: () => true }));
    const messages = holdMessages(records, told);
    holdCommands(records, told);
    holdOrder(records);
    const { version, settings } = at;
    const rebuilt = await rebuildState({ store, rootKeys, version, settings, clock: { now: () => 0 } });
    assert.equal(rebuilt.summary.differences, 0, `record ${rebuilt.summary.firstDifference} was judged otherwise`);
    assert.deepEqual(rebuilt.kept?.differing ?? [], [], 'the kept state leads to the rebuilt one');
    return { size: records.length, messages, rebuilt };
  } finally {
    await store.close();
  }
}

async function readAll(store: Store, keys: ReturnType<typeof createSubjectSecrets>): Promise<readonly HistoryRecord[]> {
  const records: HistoryRecord[] = [];
  for await (const page of store.records(0, await store.size())) {
    for (const stored of page) {
      const found = readStored(stored, keys);
      if (found.kind === 'read') records.push(found.record);
    }
  }
  return records;
}

function holdMessages(records: readonly HistoryRecord[], { acknowledged, sent }: Told): number {
  const kept = new Set<string>();
  for (const { kind, body } of records) {
    if (kind !== 'MessageReceived' && kind !== 'CommandAcknowledged') continue;
    const { sender, sequence } = body as CborObject;
    const key = messageKey(sender, sequence);
    assert.ok(!kept.has(key), `no_message_twice: \`${key}\` is in history twice`);
    assert.ok(sent.has(key), `\`${key}\` is in history and nobody sent it`);
    kept.add(key);
  }
  for (const key of acknowledged) assert.ok(kept.has(key), `no_message_lost: \`${key}\` was acknowledged and is gone`);
  return kept.size;
}

function holdCommands(records: readonly HistoryRecord[], { permitted, dispatched }: Told): void {
  const kept = new Set<string>();
  const requested = new Set<string>();
  for (const { kind, subject, body } of records) {
    const { id, requester, idempotencyKey } = body as CborObject;
    if (kind === 'CommandDispatched') kept.add(`${subject} ${id}`);
    if (kind !== 'CommandRequested' || idempotencyKey === undefined) continue;
    const key = `${subject} ${requester} ${idempotencyKey}`;
    assert.ok(!requested.has(key), `no_command_twice: \`${key}\` was requested twice`);
    requested.add(key);
  }
  for (const key of permitted) assert.ok(kept.has(key), `command \`${key}\` was permitted and history knows nothing`);
  for (const key of dispatched) assert.ok(kept.has(key), `command \`${key}\` left and history knows nothing`);
}

function holdOrder(records: readonly HistoryRecord[]): void {
  let last = Number.NEGATIVE_INFINITY;
  let epoch = -1;
  for (const [index, { kind, at, body }] of records.entries()) {
    assert.ok(at >= last, `record ${index} is older than the one before it`);
    last = at;
    if (kind !== 'HistoryOpened') continue;
    const next = Number((body as CborObject)['epoch']);
    assert.ok(next > epoch, `epoch ${next} after ${epoch}`);
    epoch = next;
  }
}

/** Digests of the parts of a running platform's state, as `Rebuilt.parts` has them. */
export function partsOf(fleet: Fleet): ReadonlyMap<string, string> {
  const { platform, subjects } = fleet.capture();
  const parts = subjects.map(({ subject, encode }) => [subject, toHex(sha256(encode()))] as const);
  return new Map([['platform', toHex(sha256(platform()))], ...parts]);
}

/** Whether a running platform's state is what was rebuilt from its history. */
export function assertSameState(running: ReadonlyMap<string, string>, { parts }: Rebuilt): void {
  const sorted = (map: ReadonlyMap<string, string>) => [...map].toSorted(([left], [right]) => (left < right ? -1 : 1));
  assert.deepEqual(sorted(running), sorted(parts), 'the running state is the rebuilt one, byte for byte');
}

export const rootKeysOf = (directory: string): string => join(directory, 'root-keys');
