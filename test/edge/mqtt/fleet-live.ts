import { utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import type { Clock } from '#base/time';
import { sha256 } from '#crypto/digest';
import { signingKeyFromSeed } from '#crypto/sign';
import { loadGuardPolicy } from '#edge/catalog/laboratory';
import { createChangeFeed } from '#edge/live/change-feed';
import type { Change, Live, LiveStatus, Release } from '#edge/live/live';
import { fleetSettings } from '#edge/serve/fleet-settings';
import type { HistoryRecord } from '#mirror/history/record';
import { commandIdOf } from '#model/thing/command-id';
import { createFleet } from '#platform/fleet/fleet';

export const COMMAND_KEY = signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(7));

/**
 * A running platform whose store is in the test's hands: what `act` does takes effect at once, as in the real one, and is
 * durable when the test says so.
 */
export interface FleetLive extends Live {
  readonly records: HistoryRecord[];
  readonly secretsOfThings: Map<string, Uint8Array>;
  /** From now on nothing becomes durable until `release`. */
  hold(): void;
  release(): void;
  /** What waits is lost, and `act` fails until `restore`. */
  fail(): void;
  restore(): void;
  /** Resolves when `count` changes wait to become durable. */
  waiting(count: number): Promise<void>;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function createFleetLive(clock: Clock = { now: () => Date.now() }): FleetLive {
  const records: HistoryRecord[] = [];
  const secretsOfThings = new Map<string, Uint8Array>();
  const changes = createChangeFeed();
  const releases: Release[] = [];
  const listeners: ((status: LiveStatus) => void)[] = [];
  const watchers: { readonly count: number; readonly resolve: () => void }[] = [];
  let pending: Pending[] = [];
  let published = 0;
  let status: LiveStatus = 'open';
  let isHeld = false;

  const fleet = createFleet({
    clock,
    history: { append: (record) => void records.push(record) },
    ...fleetSettings({ containment: false }),
    guardPolicy: loadGuardPolicy('open'),
    commandSigners: [COMMAND_KEY],
    commandIdOf: (subject, ordinal, at) => commandIdOf(sha256(utf8(subject)), ordinal, at),
    secretOf: (thing) => secretsOfThings.get(thing),
  });

  const publish = (): void => {
    const news: Change[] = records.slice(published).map((record, index) => ({ position: published + index, record }));
    published = records.length;
    if (news.length > 0) changes.publish(news);
  };
  const durable = (): Promise<void> => {
    if (!isHeld) return Promise.resolve();
    return new Promise((resolve, reject) => {
      pending.push({ resolve, reject });
      for (const watcher of watchers) if (pending.length >= watcher.count) watcher.resolve();
    });
  };
  const unavailable = (): Fault => new Fault('live.unavailable', 'live: the store is gone');
  const become = (next: LiveStatus): void => {
    status = next;
    for (const listener of listeners) listener(next);
  };
  const never = (): never => {
    throw new Error('not in this double');
  };

  return {
    records,
    secretsOfThings,
    clock,
    get status() {
      return status;
    },
    get fleet() {
      if (status !== 'open') throw unavailable();
      return fleet;
    },
    act: async (change) => {
      if (status !== 'open') throw unavailable();
      const result = change(fleet);
      await durable();
      publish();
      const { effects = [] } = (result ?? {}) as { readonly effects?: readonly Parameters<Release>[0][] };
      for (const effect of effects) for (const release of releases) release(effect);
      return result;
    },
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      for (const { resolve } of pending.splice(0)) resolve();
    },
    fail: () => {
      become('unavailable');
      for (const { reject } of pending.splice(0)) reject(unavailable());
    },
    restore: () => {
      isHeld = false;
      pending = [];
      become('open');
    },
    waiting: (count) =>
      new Promise((resolve) => {
        if (pending.length >= count) resolve();
        else watchers.push({ count, resolve });
      }),
    secrets: {
      find: (name) => secretsOfThings.get(name.split('/')[1] ?? ''),
      keep: async (name, secret) => void secretsOfThings.set(name.split('/')[1] ?? '', secret),
      destroy: async (name) => void secretsOfThings.delete(name.split('/')[1] ?? ''),
    },
    history: undefined as never,
    changes,
    checkpoint: never,
    cosign: never,
    audit: async () => {},
    forget: never,
    onEffect: (release) => void releases.push(release),
    onStatus: (listener) => void listeners.push(listener),
    close: async () => become('closed'),
  };
}
