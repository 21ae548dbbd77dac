import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessState, EMPTY_ACCESS } from '#assure/access/access-state';
import { ACCOUNT_LIMIT, type Account } from '#assure/access/account';
import { GLASS_LIFETIME, GLASS_UNREVIEWED_LIMIT } from '#assure/access/glass';
import { TOKENS_LIMIT, type Token } from '#assure/access/token';
import { DAY, HOUR, MINUTE, SECOND } from '#base/time';
import { randomSecret } from '#crypto/secret';
import { LINK_LIFETIME } from '#edge/access/credential-links';
import { createRevocations } from '#edge/access/revocations';
import { createSessionTable, SESSION_LIMITS } from '#edge/access/sessions';
import {
  addPerson,
  openIcu,
  openWardAccess,
  type Person,
  send,
  sendConfirmed,
  signedIn,
  trySignIn,
  type WardAccess,
} from './ward-access.ts';

const isIn = async (ward: WardAccess, person: Pick<Person, 'cookie'>): Promise<boolean> =>
  (await send(ward, person, 'GET', '/api/v1/me')).statusCode === 200;

test('a session holds until it was idle for 15 minutes, and not at that instant', async () => {
  const { ward, root } = await openIcu();
  assert.equal(await isIn(ward, root), true);
  ward.clock.pass(15 * MINUTE - 1);
  assert.equal(await isIn(ward, root), true);
  ward.clock.pass(15 * MINUTE);
  assert.equal(await isIn(ward, root), false);
});

test('a session holds for 8 hours, and not at that instant, however much is done in it', async () => {
  const { ward, root } = await openIcu();
  const [{ openedAt }] = (await send(ward, root, 'GET', '/api/v1/sessions')).json<{
    sessions: [{ openedAt: number }];
  }>().sessions;
  while (ward.clock.now() < openedAt + 8 * HOUR - 10 * MINUTE) {
    ward.clock.pass(10 * MINUTE);
    assert.equal(await isIn(ward, root), true);
  }
  ward.clock.pass(openedAt + 8 * HOUR - 1 - ward.clock.now());
  assert.equal(await isIn(ward, root), true);
  ward.clock.pass(1);
  assert.equal(await isIn(ward, root), false);
});

test('an account has ten sessions, and the eleventh ends the oldest and no other', async () => {
  const { ward, nurse } = await openIcu();
  const cookies = [nurse.cookie];
  for (let count = 1; count < 10; count += 1) cookies.push((await signedIn(ward, { ...nurse })).cookie);
  const standing = () => Promise.all(cookies.map((cookie) => isIn(ward, { cookie })));
  assert.deepEqual(await standing(), Array(10).fill(true));
  cookies.push((await signedIn(ward, { ...nurse })).cookie);
  assert.deepEqual(await standing(), [false, ...Array(10).fill(true)]);
});

const account = (id: string, more: Partial<Account> = {}): Account => ({
  id,
  kind: 'person',
  name: id,
  displayName: id,
  roles: [],
  wards: [],
  patients: [],
  disabled: false,
  managed: false,
  totpStep: 0,
  recovery: [],
  networks: [],
  version: 1,
  epoch: 1,
  revoked: [],
  ...more,
});
const accounts = (count: number): Readonly<Record<string, Account>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, account(`a${index}`)]));

test('ten thousand sessions are kept, and one more ends the one that was idle longest', () => {
  let now = 0;
  const state: AccessState = { ...EMPTY_ACCESS, accounts: accounts(10_001) };
  const sessions = createSessionTable({ state }, { now: () => now }, randomSecret, createRevocations(), SESSION_LIMITS);
  const open = (one: Account) => sessions.open(`session-of-${one.id}`, one, 'password', '192.0.2.1');
  const [last, ...others] = Object.values(state.accounts).reverse();
  const secrets = others.map(open);
  now = SECOND;
  for (const [index, secret] of secrets.entries()) if (index !== 7) sessions.principalOf(secret);
  secrets.push(open(last!));
  const ended = secrets.flatMap((secret, index) => (sessions.principalOf(secret) === undefined ? [index] : []));
  assert.deepEqual(ended, [7]);
});

test('an account has a hundred tokens; one that has expired makes room, and other owners have theirs', async () => {
  const { ward: made, nurse, root } = await openIcu();
  const now = made.clock.now();
  const tokens: Record<string, Token> = {};
  for (let count = 0; count < TOKENS_LIMIT - 1; count += 1) {
    const id = `t${count}`;
    const times = { issuedAt: now, expiresAt: now + (count === 0 ? HOUR : DAY) };
    tokens[id] = { id, owner: nurse.id, issuer: nurse.id, label: 'x', scope: ['readTwin'], digest: '00', ...times };
  }
  const ward = await openWardAccess({ state: { ...made.access.state, tokens } });
  const issue = async (by: Person) =>
    (await sendConfirmed(ward, by, 'POST', '/api/v1/tokens', { label: 'x', scope: ['readPolicy'] })).statusCode;
  ward.clock.pass(now - ward.clock.now());
  await signedIn(ward, nurse);
  assert.equal(TOKENS_LIMIT, 100);
  assert.equal(await issue(nurse), 201);
  assert.equal(await issue(nurse), 409);
  await signedIn(ward, root);
  assert.equal(await issue(root), 201);
  ward.clock.pass(now + HOUR - ward.clock.now());
  await signedIn(ward, nurse);
  assert.equal(await issue(nurse), 201);
  assert.equal(await issue(nurse), 409);
});

test('emergency rights hold for four hours, and not at that instant', async () => {
  const { ward, nurse } = await openIcu();
  const broken = await send(ward, nurse, 'POST', '/api/v1/break-glass', { subject: 'patient-3', reason: 'x' });
  const { at, until } = broken.json<{ at: number; until: number }>();
  assert.equal(until - at, GLASS_LIFETIME);
  const outcome = () => {
    const principal = ward.access.authenticate({ session: nurse.cookie.split('=')[1]! })!;
    const resource = { type: 'Twin', subject: 'patient-3', ward: 'ed' } as const;
    return ward.access.decide(principal, { action: 'readTwin', resource }).outcome;
  };
  ward.clock.pass(until - 2 * MINUTE - ward.clock.now());
  await signedIn(ward, nurse);
  ward.clock.pass(until - 1 - ward.clock.now());
  assert.equal(outcome(), 'permit');
  ward.clock.pass(1);
  assert.equal(outcome(), 'refuse');
});

test('twenty uses of emergency rights wait for their review; the next one waits for a review', async () => {
  const { ward, nurse, root } = await openIcu();
  const officer = await addPerson(ward, root, 'officer', ['privacy-officer']);
  const take = () => send(ward, nurse, 'POST', '/api/v1/break-glass', { subject: 'patient-3', reason: 'x' });
  let id = '';
  for (let count = 0; count < GLASS_UNREVIEWED_LIMIT; count += 1) {
    const taken = await take();
    assert.equal(taken.statusCode, 201, `${count}`);
    id = taken.json<{ id: string }>().id;
  }
  assert.equal(GLASS_UNREVIEWED_LIMIT, 20);
  assert.equal((await take()).statusCode, 409);
  const review = { finding: 'justified', comment: 'seen' };
  assert.equal((await send(ward, officer, 'POST', `/api/v1/break-glass/${id}/review`, review)).statusCode, 204);
  assert.equal((await send(ward, officer, 'POST', `/api/v1/break-glass/${id}/review`, review)).statusCode, 409);
  assert.equal((await take()).statusCode, 201);
  assert.equal((await take()).statusCode, 409);
});

test('a link to credentials holds for a day, and not at that instant', async () => {
  const { ward, root } = await openIcu();
  const wish = { name: 'ben', displayName: 'Ben', roles: [] };
  const made = (await sendConfirmed(ward, root, 'POST', '/api/v1/accounts', wish)).json<{ link: string }>();
  const page = async () => (await ward.app.inject(made.link.slice('https://ward.example'.length))).statusCode;
  ward.clock.pass(LINK_LIFETIME - 1);
  assert.equal(await page(), 200);
  ward.clock.pass(1);
  assert.equal(await page(), 403);
  assert.equal(LINK_LIFETIME, DAY);
});

test('there are ten thousand accounts at most', async () => {
  const { ward: made, root } = await openIcu();
  const { state } = made.access;
  const others = accounts(ACCOUNT_LIMIT - Object.keys(state.accounts).length - 1);
  const ward = await openWardAccess({ state: { ...state, accounts: { ...state.accounts, ...others } } });
  ward.clock.pass(made.clock.now() - ward.clock.now());
  await signedIn(ward, root);
  const create = async (name: string) =>
    (await sendConfirmed(ward, root, 'POST', '/api/v1/accounts', { name, displayName: name, roles: [] })).statusCode;
  assert.equal(ACCOUNT_LIMIT, 10_000);
  assert.equal(await create('ben'), 201);
  assert.equal(await create('cleo'), 409);
  assert.equal((await trySignIn(ward, root)).statusCode, 201);
});
