import { type ClientConfig, TypeOverrides } from 'pg';
import { safeInteger } from '../tables.ts';
import type { PostgresLocation } from './postgres-location.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** How long a query may take before its connection is given up. A commit takes milliseconds. */
export const QUERY_TIMEOUT_MS = 60_000;

/** Object ids of PostgreSQL's integer types of 64 bits, which the driver hands out as text. */
const INT8 = 20;

/** The one place where text of the server becomes a number of ours. */
function createTypes(): TypeOverrides {
  const types = new TypeOverrides();
  types.setTypeParser(INT8, safeInteger);
  return types;
}

export function connectionConfig(location: PostgresLocation, applicationName: string): ClientConfig {
  return {
    connectionString: location.connectionString,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    types: createTypes(),
  };
}
