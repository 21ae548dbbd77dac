import { isPostgresLocation } from './open-store.ts';

/**
 * Makes the store at `into` out of the file that `Store.backup` wrote, whichever engine either is. All or nothing: what is
 * interrupted leaves no store behind. The target must be empty or absent, and nobody may be writing to it.
 * @throws Fault `store.not-empty`, `store.in-use`, `store.absent` (no such backup), `store.foreign` (no backup of ours)
 */
export async function restoreBackup(backupPath: string, into: string): Promise<void> {
  if (isPostgresLocation(into)) {
    const { restorePostgres } = await import('./postgres/restore-postgres.ts');
    await restorePostgres(backupPath, into);
  } else {
    const { restoreSqlite } = await import('./sqlite/restore-sqlite.ts');
    await restoreSqlite(backupPath, into);
  }
}
