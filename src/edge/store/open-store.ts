import { openPostgresStore } from './postgres/postgres-store.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { Store, StoreMode } from './store.ts';

export const isPostgresLocation = (location: string): boolean => /^postgres(ql)?:/.test(location);

/** Opens the store at a `postgres://` URL or the path of a SQLite file. @throws the Faults of either engine */
export async function openStore(location: string, mode: StoreMode): Promise<Store> {
  return isPostgresLocation(location)
    ? await openPostgresStore({ url: location, mode })
    : await openSqliteStore({ path: location, mode });
}
