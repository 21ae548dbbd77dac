import { Fault } from '#base/fault';
import { conflict, corrupt, unavailable } from '../store-fault.ts';

/** SQLSTATE, or the first characters of it (PostgreSQL manual, appendix A), and what it means for whoever waits. */
const UNAVAILABLE: readonly (readonly [string, string])[] = [
  ['53100', 'the disk of the database is full'],
  ['53', 'the database is out of resources'],
  ['57', 'the database is shutting down or stopped the query'],
  ['58', 'the disk of the database failed'],
  ['08', 'the connection failed'],
  ['28', 'the database refused the user'],
  ['3D', 'there is no such database'],
  ['25006', 'the database cannot be written to'],
  ['40', 'the transaction was rolled back'],
  ['42501', 'the database refused the user'],
  ['55', 'the database is locked'],
];
const ABSENT = new Set(['42P01', '3F000']);

/** The Fault that an error of the driver or the server is for us; another error is handed back as it is. */
export function asStoreFault(error: unknown, label: string): unknown {
  if (error instanceof Fault || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : undefined;
  // the driver's own failures have no SQLSTATE: socket errors (ECONNREFUSED ...), and plain words for a lost connection
  if (code === undefined || /^E[A-Z_]+$/.test(code)) return connectionFault(error, code);
  if (code.startsWith('23')) return conflict('a record, block or checkpoint is there already');
  if (code.startsWith('XX')) return corrupt(code);
  if (ABSENT.has(code))
    return new Fault('store.absent', `store: there is nothing at \`${label}\``, { location: label });
  const known = UNAVAILABLE.find(([prefix]) => code.startsWith(prefix));
  return known === undefined ? error : unavailable(known[1], code);
}

function connectionFault(error: Error, code: string | undefined): unknown {
  if (code !== undefined) return unavailable('the connection failed', code);
  return /connection|timeout|closed|terminated/i.test(error.message)
    ? unavailable('the connection was lost', 'connection lost')
    : error;
}
