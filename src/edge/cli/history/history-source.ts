import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '#base/fault';
import type { TrustedKeys } from '#edge/store/check-note';
import { openStore } from '#edge/store/open-store';
import type { Store, StoreMode } from '#edge/store/store';
import { parseTrustedKeys } from '#edge/store/trusted-keys';
import type { KeyOptions, SourceOptions } from './history-options.ts';

export const storeOf = ({ data, store }: SourceOptions): string => store ?? join(data, 'history.sqlite');

/** Opens the store for as long as `work` takes. @throws Fault `store.*` */
export async function withStore<T>(
  options: SourceOptions,
  mode: StoreMode,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(storeOf(options), mode);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The keys given, or those in the data directory, and where they are from. @throws Fault `note.*`, `file.unreadable` */
export function trustedKeysOf({ key, data }: KeyOptions): TrustedKeys & { readonly source: string } {
  const given = key ?? [join(data, 'history.vkey')];
  const texts = given.map((item) => (existsSync(item) || key === undefined ? readTextFile(item) : item));
  return { ...parseTrustedKeys(texts.join('\n')), source: key === undefined ? (given[0] as string) : '--key' };
}

/** @throws Fault `file.unreadable` */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Fault('file.unreadable', `\`${path}\` cannot be read (\`${cause}\`); check the path, --data or --key`, {
      path,
      cause,
    });
  }
}
