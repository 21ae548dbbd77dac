import { Fault } from '#base/fault';

/** The store may work later: connection, disk full, locked. `cause` is the engine's own word for it, never a value of ours. */
export const unavailable = (what: string, cause: string): Fault =>
  new Fault('store.unavailable', `store: ${what} (\`${cause}\`)`, { cause });

/** Somebody else wrote in between: this writer must reopen. */
export const conflict = (what: string): Fault =>
  new Fault('store.conflict', `store: ${what}; reopen the store and start from what it holds`);

/** Another process writes to it. */
export const inUse = (location: string): Fault =>
  new Fault('store.in-use', `store: \`${location}\` is written to by another process; stop that one first`, {
    location,
  });

/** The engine says that its own structures are damaged. */
export const corrupt = (cause: string): Fault =>
  new Fault('store.corrupt', `store: the database is damaged (\`${cause}\`); restore a backup`, { cause });

export const closed = (): Fault => new Fault('store.closed', 'store: it was closed');

/** @throws Fault `store.closed` */
export function requireOpen(isOpen: boolean): void {
  if (!isOpen) throw closed();
}

/** What becomes of a schema that is not this version's. @throws Fault `store.newer-schema`, `store.older-schema` */
export function requireSchema(location: string, found: number, known: number, mode: 'writing' | 'reading'): void {
  const data = { location, found, known };
  if (found > known) {
    const what = `store: \`${location}\` has schema ${found}, this version knows up to ${known}`;
    throw new Fault('store.newer-schema', `${what}; use the newer wardtwin that wrote it`, data);
  }
  if (found < known && mode === 'reading') {
    const what = `store: \`${location}\` has schema ${found}, this version reads ${known}`;
    throw new Fault('store.older-schema', `${what}; open it once for writing, which brings it up to date`, data);
  }
}
