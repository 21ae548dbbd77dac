import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { type AccessState, applyAccessRecord, EMPTY_ACCESS } from '#assure/access/access-state';
import type { Role } from '#assure/access/authorization';
import { TOTP_STEP, totpCode, totpStepOf } from '#assure/access/totp';
import { type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { type AccessPolicies, loadAccessPolicies } from '#edge/access/cedar/access-policies';
import { type AccessDesk, createAccess } from '#edge/access/create-access';
import type { NewCredentials } from '#edge/access/credential-links';
import { REQUEST_HEADER } from '#edge/access/forged-requests';
import type { AccessNotice } from '#edge/access/glass-desk';
import type { OidcConfig } from '#edge/access/oidc/oidc-config';
import { sendProblem } from '#edge/http/send-problem';
import { createValidatorCompiler } from '#edge/http/validation';
import type { RecordKind, SubjectId } from '#mirror/history/record';
import { PASSWORD, PASSWORD_HASH } from './cheap-password.ts';

export interface KeptRecord {
  readonly kind: RecordKind;
  readonly subject: SubjectId;
  readonly body: CborValue;
}

/** Access on a history in memory that encodes what it keeps, as the real one does. */
export interface WardAccess {
  readonly access: AccessDesk;
  readonly app: FastifyInstance;
  readonly records: KeptRecord[];
  readonly notices: AccessNotice[];
  readonly clock: { now(): Millis; pass(millis: Millis): void };
  /** While set, nothing can be recorded. */
  broken: boolean;
  /** Bodies of one kind, in order. */
  of(kind: RecordKind): readonly Record<string, CborValue>[];
  /** The state as a restart would find it. */
  rebuilt(): AccessState;
}

export interface WardAccessOptions {
  readonly state?: AccessState;
  readonly policies?: AccessPolicies;
  readonly oidc?: OidcConfig;
  readonly origin?: () => string;
}

const RECORD_LIMIT = 1 << 20;
export const ORIGIN = 'https://ward.example';
export const WARDS: Readonly<Record<SubjectId, string>> = { 'patient-1': 'icu', 'patient-2': 'icu', 'patient-3': 'ed' };
const standard = loadAccessPolicies();

export async function openWardAccess(options: WardAccessOptions = {}): Promise<WardAccess> {
  const records: KeptRecord[] = [];
  const notices: AccessNotice[] = [];
  let now = 1_760_000_000_000;
  const ward = { broken: false };
  const clock = {
    now: () => now,
    pass: (millis: Millis) => {
      now += millis;
    },
  };
  const access = createAccess({
    state: options.state ?? EMPTY_ACCESS,
    history: {
      record: async (entries) => {
        await Promise.resolve();
        if (ward.broken) throw new Fault('store.unavailable', 'store: the disk is full');
        for (const { kind, subject, body } of entries)
          records.push({ kind, subject, body: decodeCanonical(encodeCanonical(body), RECORD_LIMIT) });
      },
    },
    policies: options.policies ?? standard,
    clock,
    origin: options.origin ?? (() => ORIGIN),
    wardOf: (subject) => WARDS[subject],
    notify: (notice) => notices.push(notice),
    ...(options.oidc === undefined ? {} : { oidc: options.oidc }),
  });
  const app = Fastify().setErrorHandler(sendProblem).setValidatorCompiler(createValidatorCompiler());
  await app.register(access.routes);
  await access.open();
  return Object.assign(ward, {
    access,
    app,
    records,
    notices,
    clock,
    of: (kind: RecordKind) =>
      records.filter((record) => record.kind === kind).map(({ body }) => body as Record<string, CborValue>),
    rebuilt: () => records.reduce(applyAccessRecord, EMPTY_ACCESS),
  });
}

/** Somebody with credentials, and what it takes to use them. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly totp: Uint8Array;
  readonly recoveryCodes: readonly string[];
  /** The session's cookie, once signed in. */
  cookie: string;
}

export { PASSWORD };

/** Uses the set-up link and signs in. */
export async function setUp(ward: WardAccess): Promise<Person> {
  const token = ward.access.offerSetUp();
  const answer = await ward.app.inject({
    method: 'POST',
    url: '/api/v1/setup',
    payload: { token, name: 'root', displayName: 'Ada Root', password: PASSWORD },
  });
  return signedIn(ward, personOf(answer.json()));
}

/** Has an administrator make an account, uses its link, and signs in. */
export async function addPerson(
  ward: WardAccess,
  by: Person,
  name: string,
  roles: readonly Role[],
  rights: { readonly wards?: readonly string[]; readonly patients?: readonly string[] } = {},
): Promise<Person> {
  const wish = { name, displayName: name, roles, ...rights };
  const made = await sendConfirmed(ward, by, 'POST', '/api/v1/accounts', wish);
  const token = new URL(made.json<{ link: string }>().link).searchParams.get('token');
  const payload = { token, password: PASSWORD };
  const answer = await ward.app.inject({ method: 'POST', url: '/api/v1/setup', payload });
  await cheapen(ward);
  return signedIn(ward, personOf(answer.json()));
}

/** From now on the passwords of the ward take no time; only those that a test changes do. */
async function cheapen(ward: WardAccess): Promise<void> {
  const cheap = <T extends object>(value: T): T =>
    'password' in value ? { ...value, password: PASSWORD_HASH } : value;
  const { accounts, ...rest } = ward.access.state;
  const known = Object.entries(accounts).map(([id, account]) => [id, cheap(account)]);
  await ward.access.refold({ ...rest, accounts: Object.fromEntries(known) });
  const records = ward.records.map(({ body, ...record }) => ({ ...record, body: cheap(body as object) as CborValue }));
  ward.records.splice(0, ward.records.length, ...records);
}

function personOf({ account, name, totpSecret, recoveryCodes }: NewCredentials): Person {
  return { id: account, name, password: PASSWORD, totp: fromBase32(totpSecret), recoveryCodes, cookie: '' };
}

export async function signedIn(ward: WardAccess, person: Person): Promise<Person> {
  const answer = await trySignIn(ward, person);
  if (answer.statusCode !== 201) throw new Error(answer.body);
  person.cookie = String(answer.headers['set-cookie']).split(';')[0]!;
  return person;
}

/** A platform with an administrator and a clinician of the ICU, both signed in. Made once, opened as often as a test needs it. */
export async function openIcu(): Promise<{ readonly ward: WardAccess; readonly root: Person; readonly nurse: Person }> {
  icu ??= makeIcu();
  const made = await icu;
  const ward = await openWardAccess({ state: made.state });
  ward.records.push(...made.records);
  const nurse = await signedIn(ward, { ...made.nurse });
  return { ward, nurse, root: await signedIn(ward, { ...made.root }) };
}

let icu: ReturnType<typeof makeIcu> | undefined;

async function makeIcu() {
  const ward = await openWardAccess();
  const root = await setUp(ward);
  await cheapen(ward);
  const nurse = await addPerson(ward, root, 'nurse', ['clinician'], { wards: ['icu'], patients: ['patient-1'] });
  const { state } = ward.access;
  // the clock of whoever opens it starts anew: so do the steps of the second factor
  const accounts = Object.fromEntries(
    Object.entries(state.accounts).map(([id, account]) => [id, { ...account, totpStep: 0 }]),
  );
  return { state: { ...state, accounts }, records: ward.records, root, nurse };
}

/** The next code that was not used yet: time passes until there is one. */
export function nextCode(ward: WardAccess, { totp }: Person): string {
  ward.clock.pass(2 * TOTP_STEP);
  return totpCode(totp, totpStepOf(ward.clock.now()));
}

export function trySignIn(
  ward: WardAccess,
  person: Person,
  given: { readonly name?: string; readonly password?: string; readonly code?: string } = {},
  remoteAddress = '192.0.2.1',
): Promise<LightMyRequestResponse> {
  const { name = person.name, password = person.password, code = nextCode(ward, person) } = given;
  return ward.app.inject({
    method: 'POST',
    url: '/api/v1/sessions',
    headers: { [REQUEST_HEADER]: '1' },
    payload: { name, password, code },
    remoteAddress,
  });
}

export function send(
  { app }: WardAccess,
  { cookie }: Pick<Person, 'cookie'>,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
): Promise<LightMyRequestResponse> {
  const headers = { cookie, [REQUEST_HEADER]: '1', 'sec-fetch-site': 'same-origin' };
  return app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
}

/** The same with password and second factor once more, which takes a minute. */
export function sendConfirmed(
  ward: WardAccess,
  by: Person,
  method: 'POST' | 'PATCH',
  url: string,
  payload: object = {},
): Promise<LightMyRequestResponse> {
  return send(ward, by, method, url, { ...payload, password: by.password, code: nextCode(ward, by) });
}

function fromBase32(text: string): Uint8Array {
  const bits = [...text]
    .map((digit) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(digit).toString(2).padStart(5, '0'))
    .join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}
