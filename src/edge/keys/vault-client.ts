import { Agent, request } from 'node:https';
import { fromUtf8, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';

const TIMEOUT_MS = 10_000;
const ANSWER_LIMIT = 262_144;

export interface VaultAddress {
  /** `https://vault.example:8200` */
  readonly address: string;
  /** The certificates of the authority that signed the server's, as PEM. Default: those that Node.js trusts. */
  readonly ca?: string;
  /** Asked before each request, because tokens are renewed. Never part of an error. */
  readonly token: () => string;
  /** Of Vault Enterprise and OpenBao. */
  readonly namespace?: string;
}

/** What the server said. `errors` are its own words, of a refusal. */
export interface VaultAnswer {
  readonly status: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly errors: readonly string[];
}

/** One call of the HTTP API below `/v1/`. @throws Fault `keys.unavailable` */
export type VaultClient = (method: 'GET' | 'POST', path: string, body?: object) => Promise<VaultAnswer>;

/** A client that speaks TLS 1.3 and nothing else. @throws Fault `keys.location` for an address that is not HTTPS */
export function createVaultClient({ address, ca, token, namespace }: VaultAddress): VaultClient {
  const base = URL.parse(address);
  if (base?.protocol !== 'https:') {
    throw new Fault('keys.location', `vault: address \`${address}\` has to be an https:// URL`, { address });
  }
  const agent = new Agent({ keepAlive: true, minVersion: 'TLSv1.3', ...(ca === undefined ? {} : { ca }) });

  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const fail = (cause: string): void =>
        reject(new Fault('keys.unavailable', `vault: \`${base.origin}\` does not answer (\`${cause}\`)`, { cause }));
      const headers = {
        'X-Vault-Token': token(),
        'X-Vault-Request': 'true',
        ...(namespace === undefined ? {} : { 'X-Vault-Namespace': namespace }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      };
      const sent = request(
        new URL(`/v1/${path}`, base),
        { method, agent, headers, timeout: TIMEOUT_MS },
        (response) => {
          const chunks: Uint8Array[] = [];
          let length = 0;
          response.on('data', (chunk: Uint8Array) => {
            length += chunk.length;
            if (length > ANSWER_LIMIT) response.destroy(new Error('answer too long'));
            else chunks.push(chunk);
          });
          response.on('error', (error) => fail(causeOf(error)));
          response.on('end', () => {
            const answer = parseAnswer(response.statusCode ?? 0, Buffer.concat(chunks));
            if (answer === undefined) fail('answer is no JSON');
            else resolve(answer);
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('timeout')));
      sent.on('error', (error) => fail(causeOf(error)));
      sent.end(body === undefined ? undefined : utf8(JSON.stringify(body)));
    });
}

const causeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);

function parseAnswer(status: number, bytes: Uint8Array): VaultAnswer | undefined {
  if (bytes.length === 0) return { status, data: {}, errors: [] };
  try {
    const parsed: unknown = JSON.parse(fromUtf8(bytes));
    const { data, errors } = parsed as { data?: unknown; errors?: unknown };
    return {
      status,
      data: typeof data === 'object' && data !== null ? { ...data } : {},
      errors: Array.isArray(errors) ? errors.map(String) : [],
    };
  } catch {
    return undefined;
  }
}
