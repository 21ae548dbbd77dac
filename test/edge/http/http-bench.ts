import { request as httpsRequest } from 'node:https';
import type { AccessEntry } from '#assure/access/access-record';
import { type AccessState, applyAccessEntry, EMPTY_ACCESS } from '#assure/access/access-state';
import { ACTION_NAMES, type Action, type Role } from '#assure/access/authorization';
import { formatToken } from '#assure/access/token';
import { TOTP_STEP, totpCode, totpStepOf } from '#assure/access/totp';
import { DAY } from '#base/time';
import { randomSecret } from '#crypto/secret';
import { loadAccessPolicies } from '#edge/access/cedar/access-policies';
import { type AccessDesk, createAccess } from '#edge/access/create-access';
import { digestOf, makeId, makeSecret } from '#edge/access/secret-text';
import { createHttpServer, type HttpServer, type HttpServerDeps } from '#edge/http/create-http-server';
import { loadCatalogModels } from '#edge/http/wot/catalog-models';
import type { Live } from '#edge/live/live';
import { openCertificateAuthority } from '#edge/pki/certificate-authority';
import { createServerIdentity } from '#edge/pki/server-identity';
import { PASSWORD, PASSWORD_HASH } from '../access/cheap-password.ts';
import { admitWard, type DeviceBench, type LiveBenchOptions, openLiveBench, START } from '../live/live-bench.ts';
import { createMemorySecrets } from '../pki/memory-desk.ts';

const policies = loadAccessPolicies();
const models = loadCatalogModels();

/** Somebody by a token with all that his roles permit, or less. */
export interface Somebody {
  /** As routes take it: 16 of a-z and 2-7; otherwise one that is easily read. */
  readonly id?: string;
  readonly roles: readonly Role[];
  readonly wards?: readonly string[];
  readonly patients?: readonly string[];
  readonly scope?: readonly Action[];
  /** Has a password and a second factor. */
  readonly signsIn?: boolean;
}

/** Who is known to the bench, by the names that tests use. */
export const PEOPLE = {
  clinician: { roles: ['clinician'], wards: ['ward-1'], patients: ['p1'] },
  stranger: { roles: ['clinician'], wards: ['ward-9'], patients: ['p9'] },
  engineer: { roles: ['clinical-engineer'], wards: ['ward-1'] },
  security: { roles: ['security-engineer'] },
  auditor: { roles: ['auditor'] },
  administrator: { roles: ['administrator'] },
  root: { roles: ['administrator'], signsIn: true },
  colleague: { roles: ['clinician'], wards: ['ward-1'], patients: ['p1'], signsIn: true },
  reader: { roles: ['clinician'], wards: ['ward-1'], patients: ['p1'], scope: ['readTwin'] },
} as const satisfies Readonly<Record<string, Somebody>>;
export type Name = keyof typeof PEOPLE;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  json<T = Readonly<Record<string, unknown>>>(): T;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface HttpBench {
  readonly live: Live;
  readonly access: AccessDesk;
  readonly server: HttpServer;
  readonly port: number;
  readonly origin: string;
  readonly ward: DeviceBench;
  readonly ca: string;
  readonly directory: string;
  /** What the platform logged. */
  readonly lines: () => readonly string[];
  token(name: Name): string;
  /** The cookie of a new session. */
  signIn(name: Name): Promise<string>;
  /** Password and a code that was not used yet, of anybody who signs in: time passes until there is one. */
  confirmation(): { readonly password: string; readonly code: string };
  pass(millis: number): void;
  /** An answer to `name`, or to nobody where it is absent. */
  ask(name: Name | undefined, path: string, asking?: Asking): Promise<Answer>;
  close(): Promise<void>;
}

export interface HttpBenchOptions extends Pick<HttpServerDeps, 'limits' | 'plugins' | 'log'> {
  readonly settings?: NonNullable<LiveBenchOptions['settings']>;
}

/** The real server with real access on a real store: a ward with one subject, `p1`, and its four devices. */
export async function openHttpBench(
  { settings = {}, ...options }: HttpBenchOptions = {},
  people: Readonly<Record<string, Somebody>> = PEOPLE,
): Promise<HttpBench> {
  const bench = await openLiveBench({ settings });
  const { live } = bench;
  const ward = await admitWard(live, 'p1');
  const { state, tokens } = accessOf(people);
  const access = createAccess({
    state,
    history: {
      record: (entries) =>
        live.act((fleet) => {
          for (const { kind, subject, body } of entries) fleet.record(kind, subject, body);
        }),
    },
    policies,
    clock: live.clock,
    origin: () => origin,
    wardOf: (subject) => live.fleet.registry.subjects.get(subject)?.ward,
    notify: () => {},
  });
  await access.open();
  const { tls, ca } = await identity();
  const server = await createHttpServer({ live, access, tls, models, version: 'test', ...options });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const origin = `https://localhost:${port}`;

  const token = (name: Name): string => tokens.get(name)!;
  const ask: HttpBench['ask'] = (name, path, { method = 'GET', headers = {}, body } = {}) => {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const bearer = name === undefined ? {} : { authorization: `Bearer ${token(name)}` };
    const type = text === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        `${origin}${path}`,
        { method, ca, headers: { ...bearer, ...type, ...headers }, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const whole = Buffer.concat(chunks).toString('utf8');
            const { statusCode = 0, headers: told } = response;
            resolve({ status: statusCode, headers: told, text: whole, json: () => JSON.parse(whole) });
          });
        },
      );
      request.on('error', reject);
      request.end(text);
    });
  };

  const confirmation = () => {
    // a code is good once
    bench.pass(2 * TOTP_STEP);
    return { password: PASSWORD, code: totpCode(TOTP_KEY, totpStepOf(live.clock.now())) };
  };

  return {
    live,
    access,
    server,
    port,
    origin,
    ward,
    ca,
    directory: bench.directory,
    lines: bench.lines,
    token,
    signIn: async (name) => {
      const answer = await ask(undefined, '/api/v1/sessions', {
        method: 'POST',
        headers: { 'wardtwin-request': '1' },
        body: { name, ...confirmation() },
      });
      if (answer.status !== 201) throw new Error(answer.text);
      return String(answer.headers['set-cookie']).split(';')[0]!;
    },
    confirmation,
    pass: bench.pass,
    ask,
    close: async () => {
      await server.close();
      await access.close();
      await live.close();
      bench.remove();
    },
  };
}

const TOTP_KEY = randomSecret(20);

function accessOf(people: Readonly<Record<string, Somebody>>) {
  const entries: AccessEntry[] = [];
  const tokens = new Map<string, string>();
  for (const [name, somebody] of Object.entries(people)) {
    const { id: account = `account-${name}`, roles, wards = [], patients = [] } = somebody;
    const { scope = ACTION_NAMES, signsIn = false } = somebody;
    const subject = `account/${account}`;
    const known = { account, kind: 'person', name, displayName: name, managed: false, by: account } as const;
    entries.push({ kind: 'AccountCreated', subject, body: { ...known, roles, wards, patients } });
    if (signsIn) {
      const credentials = { what: 'all', password: PASSWORD_HASH, totp: TOTP_KEY, recovery: [] } as const;
      entries.push({ kind: 'CredentialChanged', subject, body: { account, by: account, ...credentials } });
    }
    const id = makeId(randomSecret);
    const secret = makeSecret(randomSecret);
    const issued = { id, owner: account, issuer: account, label: name, scope, digest: digestOf(secret) };
    entries.push({
      kind: 'TokenIssued',
      subject,
      body: { ...issued, issuedAt: START, expiresAt: START + 30 * DAY },
    });
    tokens.set(name, formatToken(id, secret));
  }
  const state: AccessState = entries.reduce(applyAccessEntry, EMPTY_ACCESS);
  return { state, tokens };
}

let made:
  | Promise<{
      readonly tls: ReturnType<Awaited<ReturnType<typeof createServerIdentity>>['options']>;
      readonly ca: string;
    }>
  | undefined;

/** One authority for all benches of a process: making its keys takes a while. */
function identity() {
  made ??= (async () => {
    const clock = { now: () => Date.now() };
    const authority = await openCertificateAuthority({
      clock,
      secrets: createMemorySecrets(),
    });
    const server = await createServerIdentity({ authority, clock, names: ['localhost'], addresses: ['127.0.0.1'] });
    return { tls: server.options('requested'), ca: authority.authorities().join('') };
  })();
  return made;
}
