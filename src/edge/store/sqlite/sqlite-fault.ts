import { Fault } from '#base/fault';
import { conflict, corrupt, unavailable } from '../store-fault.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html) and what each means for whoever waits for the store. */
const RESULT_CODES: Readonly<Record<number, { readonly name: string; readonly what: string }>> = {
  5: { name: 'SQLITE_BUSY', what: 'the database is locked' },
  6: { name: 'SQLITE_LOCKED', what: 'the database is locked' },
  7: { name: 'SQLITE_NOMEM', what: 'not enough memory' },
  8: { name: 'SQLITE_READONLY', what: 'the database cannot be written to' },
  10: { name: 'SQLITE_IOERR', what: 'the disk failed' },
  13: { name: 'SQLITE_FULL', what: 'the disk is full' },
  14: { name: 'SQLITE_CANTOPEN', what: 'the database cannot be opened' },
  15: { name: 'SQLITE_PROTOCOL', what: 'the database is locked' },
};

const CONSTRAINT = 19;
const DAMAGE: Readonly<Record<number, string>> = { 11: 'SQLITE_CORRUPT', 26: 'SQLITE_NOTADB' };

/** The Fault that an error of SQLite is for us; another error is handed back as it is. */
export function asStoreFault(error: unknown): unknown {
  if (error instanceof Fault || !isSqliteError(error)) return error;
  const primary = error.errcode & 0xff;
  if (primary === CONSTRAINT) return conflict('a record, block or checkpoint is there already');
  const damage = DAMAGE[primary];
  if (damage !== undefined) return corrupt(damage);
  const known = RESULT_CODES[primary];
  return unavailable(known?.what ?? 'SQLite failed', known?.name ?? `SQLite ${error.errcode}`);
}

export const isBusy = (error: unknown): boolean => isSqliteError(error) && (error.errcode & 0xff) === 5;

function isSqliteError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}
