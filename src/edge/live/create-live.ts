import { causeOf } from '#base/cause-of';
import { Fault } from '#base/fault';
import { MINUTE, type Millis } from '#base/time';
import type { SignedCheckpoint } from '#mirror/history/history';
import type { SubjectId } from '#mirror/history/record';
import type { Fleet } from '#platform/fleet/fleet';
import type { FleetEffect } from '#platform/fleet/fleet-effect';
import type { Store } from '../store/store.ts';
import { createAuditor } from './auditor.ts';
import { createChangeFeed } from './change-feed.ts';
import { type Committer, createCommitter } from './committer.ts';
import { destroyKeysOf } from './forgotten.ts';
import type { Change, Live, LiveStatus, Release } from './live.ts';
import { type Opened, type OpeningDeps, openHistory } from './opened.ts';
import { nextGeneration, sealCapture } from './snapshots.ts';
import { createStoredReader } from './stored-reader.ts';

export const SNAPSHOT_RECORDS = 100_000;
/** Between attempts to open a store that went away. */
const FIRST_RETRY: Millis = 100;
const LONGEST_RETRY: Millis = 5_000;

export interface LiveDeps extends OpeningDeps {
  readonly openStore: () => Promise<Store>;
  /** Tells what happened to whoever keeps the log; no personal data in it. */
  readonly log: (level: 'info' | 'warn' | 'error', message: string, data?: Readonly<Record<string, unknown>>) => void;
  /** Called after each commit: records, and how long it took in milliseconds. */
  readonly onCommitted?: (records: number, took: number) => void;
  /** Real time between two looks at what did not happen; default a minute. */
  readonly tickEvery?: Millis;
  /** After so many records the state is kept, so that the next start need not replay them; default 100,000. */
  readonly snapshotEvery?: number;
}

interface Running extends Opened {
  readonly committer: Committer;
}

/**
 * Opens the store and runs the platform on it. When a commit fails, all state that was ahead of it is thrown away, what waited
 * is told so, and the store is opened again until it is back: nobody sees what did not become durable.
 * @throws Fault when the store cannot be opened the first time
 */
export async function createLive(deps: LiveDeps): Promise<Live> {
  const changes = createChangeFeed((error) => {
    deps.log('error', 'a listener of changes failed', { cause: causeOf(error) });
  });
  const releases: Release[] = [];
  const listeners: ((status: LiveStatus) => void)[] = [];
  let status: LiveStatus = 'opening';
  let running: Running | undefined;
  let retry: NodeJS.Timeout | undefined;
  let reopening: Promise<void> | undefined;
  let isClosing = false;
  let snapshotAt = 0;
  let keeping: Promise<void> | undefined;

  const become = (next: LiveStatus): void => {
    if (status === next) return;
    status = next;
    for (const listener of listeners) listener(next);
  };

  const current = (): Running => {
    if (running !== undefined) return running;
    throw new Fault('live.unavailable', `live: the platform is ${status}; try again later`);
  };

  /** INVARIANT: nobody acts on what was opened before the record that it was opened is durable. */
  const open = async (): Promise<void> => {
    const store = await deps.openStore();
    try {
      const opened = await openHistory(store, deps);
      const { ledger, shelf, replayed, restoredFrom, passedOver, isBehind } = opened;
      const first: Change[] = [];
      let isRunning = false;
      const committer = createCommitter({
        store,
        ledger,
        shelf,
        wrap: (name, secret) => deps.rootKeys.wrap(name, secret),
        now: () => deps.clock.now(),
        onCommitted: ({ entries }, took) => {
          if (isRunning) changes.publish(entries);
          else first.push(...entries);
          deps.onCommitted?.(entries.length, took);
        },
        onSigned: keepHead,
        onFailed: (error) => void lose(error, store),
      });
      changes.startAt(await store.size());
      await committer.settled();
      if (isClosing) throw new Fault('live.unavailable', 'live: closed before it was open');
      snapshotAt = restoredFrom;
      running = { ...opened, committer };
      isRunning = true;
      changes.publish(first);
      become('open');
      const { records, differences } = replayed;
      deps.log('info', 'history opened', { records: ledger.size, replayed: records, differences, restoredFrom });
      for (const one of passedOver) {
        if (one.reason !== 'another-version')
          deps.log('warn', 'a kept state was not taken; more was replayed', { ...one });
      }
      if (isBehind) {
        const advice =
          'if no backup was restored, find out who took the end of history away: what was revoked then may not be';
        deps.log('warn', `the store is older than its last opening; ${advice}`);
      }
      if (differences > 0) deps.log('warn', 'another version judged some records otherwise', { ...replayed });
    } catch (error) {
      await store.close().catch(() => {});
      throw error;
    }
  };

  /** What is durable is not undone because a file beside it could not be written. */
  const keepHead = ({ note }: SignedCheckpoint): void => {
    try {
      deps.head?.keep(note);
    } catch (error) {
      deps.log('warn', 'the newest checkpoint was not kept beside the store', { cause: causeOf(error) });
    }
  };

  const lose = async (error: unknown, store: Store): Promise<void> => {
    if (running?.store !== store) return;
    running = undefined;
    become('unavailable');
    deps.log('error', 'the store failed; what was not kept is discarded', { cause: causeOf(error) });
    await store.close().catch(() => {});
    reopenAfter(FIRST_RETRY);
  };

  const reopenAfter = (wait: Millis): void => {
    if (isClosing) return;
    retry = setTimeout(() => {
      reopening = open().catch((error: unknown) => {
        if (isClosing) return;
        deps.log('warn', 'the store is not back yet', { cause: causeOf(error) });
        reopenAfter(Math.min(2 * wait, LONGEST_RETRY));
      });
    }, wait);
  };

  const releaseAll = (effects: readonly FleetEffect[]): void => {
    for (const effect of effects) for (const release of releases) release(effect);
  };

  const act = async <T>(change: (fleet: Fleet) => T): Promise<T> => {
    const { fleet, committer, ledger } = current();
    committer.requireRoom();
    let result: T;
    try {
      result = change(fleet);
    } catch (error) {
      // The fleet's own Faults refuse before anything is recorded or changed; whatever else was thrown left half a change.
      if (!isRefusal(error) && running !== undefined) void lose(error, running.store);
      throw error;
    }
    await committer.settled();
    releaseAll(effectsOf(result));
    if (ledger.size - snapshotAt >= (deps.snapshotEvery ?? SNAPSHOT_RECORDS) && keeping === undefined) {
      keepState().catch((error: unknown) => {
        deps.log('warn', 'the state was not kept; a start replays more', { cause: causeOf(error) });
      });
    }
    return result;
  };

  /** INVARIANT: one at a time, or the pages of two would share a generation. */
  const keepState = (): Promise<void> => {
    keeping ??= captureState().finally(() => {
      keeping = undefined;
    });
    return keeping;
  };

  /** INVARIANT: captured at an instant, so it is the state after exactly `position` records. */
  const captureState = async (): Promise<void> => {
    const { fleet, ledger, subjectSecrets, committer, store } = current();
    const position = ledger.size;
    const capture = fleet.capture();
    const generation = nextGeneration(await store.snapshots());
    for await (const page of sealCapture(capture, position, deps.version, generation, subjectSecrets)) {
      await committer.keepSnapshots(page);
    }
    snapshotAt = position;
  };

  const tick = setInterval(() => {
    if (running === undefined) return;
    act((fleet) => ({ effects: fleet.tick() })).catch((error: unknown) => {
      deps.log('error', 'the minute was not kept', { cause: causeOf(error) });
    });
  }, deps.tickEvery ?? MINUTE);

  const close = async (): Promise<void> => {
    isClosing = true;
    clearInterval(tick);
    clearTimeout(retry);
    await reopening;
    const last = running;
    if (last === undefined) {
      become('closed');
      return;
    }
    try {
      // one that is under way is of an earlier state
      await keeping?.catch(() => {});
      await keepState();
      await last.committer.checkpoint();
      await last.committer.stop();
    } finally {
      become('closed');
      running = undefined;
      await last.store.close();
    }
  };

  try {
    await open();
  } catch (error) {
    clearInterval(tick);
    throw error;
  }

  return {
    clock: deps.clock,
    get status() {
      return status;
    },
    get fleet() {
      return current().fleet;
    },
    act,
    secrets: {
      find: (name) => current().shelf.find(name),
      keep: (name, secret) => {
        const { shelf, committer } = current();
        shelf.keep(name, secret);
        return committer.settled();
      },
      destroy: (name) => {
        const { shelf, committer } = current();
        shelf.destroy(name);
        return committer.settled();
      },
    },
    history: createStoredReader(current, () => changes.next),
    changes,
    checkpoint: (): Promise<SignedCheckpoint> => current().committer.checkpoint(),
    cosign: async (checkpoint, line) => current().committer.cosign(checkpoint, line),
    audit: createAuditor(current, act).look,
    forget: (subject: SubjectId) => forgetSubject(current(), act, subject),
    onEffect: (release) => void releases.push(release),
    onStatus: (listener) => void listeners.push(listener),
    close,
  };
}

/** The record first, then the key: a key that is gone without a word would look like damage. */
async function forgetSubject(opened: Running, act: Live['act'], subject: SubjectId): Promise<void> {
  await act((fleet) => fleet.forget(subject));
  opened.forgotten.add(subject);
  destroyKeysOf(subject, opened);
  await opened.committer.settled();
}

/** Effects of what a change returned, if it has any. */
function effectsOf(result: unknown): readonly FleetEffect[] {
  if (typeof result !== 'object' || result === null || !('effects' in result)) return [];
  return Array.isArray(result.effects) ? (result.effects as readonly FleetEffect[]) : [];
}

const isRefusal = (error: unknown): boolean => error instanceof Fault && error.code.startsWith('fleet.');
