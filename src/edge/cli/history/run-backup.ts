import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HEAD_FILE } from '#edge/serve/data-directory';
import { restoreBackup } from '#edge/store/restore-backup';
import type { SourceOptions } from './history-options.ts';
import { storeOf, withStore } from './history-source.ts';

export async function backUp(source: SourceOptions, out: string): Promise<void> {
  const size = await withStore(source, 'reading', async (store) => {
    const before = await store.size();
    await store.backup(out);
    return before;
  });
  console.log(`${out}: the first ${size} records at least; it opens only with the root keys, which are not in it`);
}

export async function restore(from: string, into: SourceOptions): Promise<void> {
  // what was lost may be the whole folder; the root keys, which no backup holds, have to be put into it as well
  if (into.store === undefined) mkdirSync(into.data, { recursive: true, mode: 0o700 });
  await restoreBackup(from, storeOf(into));
  // going back is meant: what was signed after the backup is no longer asked for
  rmSync(join(into.data, HEAD_FILE), { force: true });
  console.log(`${from}: restored; check it with \`npx wardtwin history verify\``);
}
