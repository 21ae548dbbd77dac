import type { Store, StoreMode } from './store.ts';

export const isPostgresLocation = (location: string): boolean => /^postgres(ql)?:/.test(location);

/**
 * Opens the store at a `postgres://` URL or the path of a SQLite file. The engine that is not needed is not loaded.
 * @throws the Faults of either engine
 */
export async function openStore(location: string, mode: StoreMode): Promise<Store> {
  if (isPostgresLocation(location)) {
    const { openPostgresStore } = await import('./postgres/postgres-store.ts');
    return openPostgresStore({ url: location, mode });
  }
  const { openSqliteStore } = await import('./sqlite/sqlite-store.ts');
  return openSqliteStore({ path: location, mode });
}
