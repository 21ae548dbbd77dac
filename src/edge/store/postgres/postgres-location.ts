import { Fault } from '#base/fault';

/** Where a store lies in a PostgreSQL server. */
export interface PostgresLocation {
  /** What the driver connects to. Holds the password: it is never printed. */
  readonly connectionString: string;
  readonly schema: string;
  /** To be named in messages: without user and password. */
  readonly label: string;
}

const DEFAULT_SCHEMA = 'wardtwin';
/** PostgreSQL cuts longer names off silently; `_restoring` has to fit behind. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,50}$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\]|)$/;

/**
 * Reads `postgres://user@host:port/database?schema=wardtwin`. Other parameters are the driver's.
 * @throws Fault `store.location`; `store.unprotected` when the connection would leave the machine without verified TLS
 */
export function parsePostgresUrl(url: string): PostgresLocation {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new Fault('store.location', 'store: not a `postgres://` URL');
  }
  const schema = parsed.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  parsed.searchParams.delete('schema');
  const label = `postgres://${parsed.host}${parsed.pathname}?schema=${schema}`;
  if (!SCHEMA_NAME.test(schema)) {
    throw new Fault('store.location', `store: schema \`${schema}\` has to be lower-case letters, digits and _`, {
      schema,
    });
  }
  requireProtected(parsed, label);
  return { connectionString: parsed.href, schema, label };
}

/** The same server with another schema. */
export const withSchema = (location: PostgresLocation, schema: string): PostgresLocation => ({
  ...location,
  schema,
  label: location.label.replace(/schema=.*$/, `schema=${schema}`),
});

function requireProtected(url: URL, label: string): void {
  // `host=` names a socket's folder, or another host than the URL does
  const hosts = [url.hostname, ...url.searchParams.getAll('host').filter((host) => !host.startsWith('/'))];
  if (hosts.every((host) => LOOPBACK.test(host)) || url.searchParams.get('sslmode') === 'verify-full') return;
  throw new Fault(
    'store.unprotected',
    `store: \`${label}\` is another machine; add sslmode=verify-full (and sslrootcert=FILE) to the URL`,
    { location: label },
  );
}
