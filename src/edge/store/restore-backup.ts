import { isPostgresLocation } from './open-store.ts';
import { restorePostgres } from './postgres/restore-postgres.ts';
import { restoreSqlite } from './sqlite/restore-sqlite.ts';

/**
 * Makes the store at `into` out of the file that `Store.backup` wrote, whichever engine either is. All or nothing: what is
 * interrupted leaves no store behind. The target must be empty or absent, and nobody may be writing to it.
 * @throws Fault `store.not-empty`, `store.in-use`, `store.absent` (no such backup), `store.foreign` (no backup of ours)
 */
export async function restoreBackup(backupPath: string, into: string): Promise<void> {
  if (isPostgresLocation(into)) await restorePostgres(backupPath, into);
  else await restoreSqlite(backupPath, into);
}
