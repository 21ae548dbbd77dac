import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createNoteSigner, formatVerifierKey, type NoteVerifier } from '#crypto/signed-note';
import type { Live } from '#edge/live/live';
import { platformKeys } from '#edge/live/platform-keys';
import { openStore } from '#edge/store/open-store';
import { type HistoryVerdict, verifyHistory } from '#edge/store/verify-history';
import type { RemoteWitness } from '#edge/witness/remote-witness';
import { openLiveBench } from '../live/live-bench.ts';

/** Something that was logged. */
export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A log that can be waited on. */
export function createHeardLog() {
  const entries: Logged[] = [];
  const waiting = new Set<(entry: Logged) => void>();
  return {
    entries,
    log: (level: string, message: string, data: Readonly<Record<string, unknown>> = {}): void => {
      const entry = { level, message, data };
      entries.push(entry);
      for (const hear of waiting) hear(entry);
    },
    /** The next entry with these words. */
    next: (words: RegExp): Promise<Logged> =>
      new Promise((resolve) => {
        const hear = (entry: Logged): void => {
          if (!words.test(entry.message)) return;
          waiting.delete(hear);
          resolve(entry);
        };
        waiting.add(hear);
      }),
  };
}

/** A platform on a store of its own, the keys of its log, and what an outsider finds of it. */
export async function openWitnessedBench(options: Parameters<typeof openLiveBench>[0] = {}) {
  const bench = await openLiveBench(options);
  const { live, directory, location } = bench;
  const keys = platformKeys({ find: live.secrets.find, keep: () => {} }).history;
  const verifiers: readonly NoteVerifier[] = keys.map((key) => createNoteSigner('test/history', key).verifier);
  const logKey = join(directory, 'history.vkey');
  writeFileSync(logKey, verifiers.map((verifier) => `${formatVerifierKey(verifier)}\n`).join(''));

  const verdict = async (witnesses: readonly RemoteWitness[], against?: string): Promise<HistoryVerdict> => {
    const store = await openStore(location, 'reading');
    try {
      const saved = against === undefined ? {} : { against };
      return await verifyHistory(store, { verifiers, witnesses: witnesses.map(({ verifier }) => verifier), ...saved });
    } finally {
      await store.close();
    }
  };
  return { ...bench, logKey, verdict };
}

/** Records, and a checkpoint over them. */
export async function grow(live: Live, records: number) {
  await live.act((fleet) => {
    for (let count = 0; count < records; count += 1) fleet.record('EnrolmentRefused', 'platform', { count });
  });
  return live.checkpoint();
}
