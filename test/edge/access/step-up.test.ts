import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { nextCode, openIcu, PASSWORD, type Person, send, signedIn, type WardAccess } from './ward-access.ts';

interface Guarded {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly url: (nurse: Person) => string;
  readonly body: object;
  readonly done: number;
  /** The name of the member that holds the password. */
  readonly password?: string;
  /** Whether its schema asks for password and code: nobody has them but who has a password. */
  readonly isOwn?: boolean;
}

const account = { displayName: 'Ben', roles: ['clinician'] };
/** Whatever outlives a session, or gives somebody more than he had. */
const GUARDED: Readonly<Record<string, Guarded>> = {
  'a token': { method: 'POST', url: () => '/api/v1/tokens', body: { label: 'x', scope: ['readPolicy'] }, done: 201 },
  'an account': { method: 'POST', url: () => '/api/v1/accounts', body: { ...account, name: 'ben' }, done: 201 },
  'the account of a program': {
    method: 'POST',
    url: () => '/api/v1/accounts',
    body: { ...account, name: 'feed', kind: 'program' },
    done: 201,
  },
  'other roles': { method: 'PATCH', url: pathOf(''), body: { roles: ['clinician', 'auditor'] }, done: 204 },
  'other wards': { method: 'PATCH', url: pathOf(''), body: { wards: ['ed'] }, done: 204 },
  'other patients': { method: 'PATCH', url: pathOf(''), body: { patients: ['patient-2'] }, done: 204 },
  'a link to a provider': {
    method: 'PATCH',
    url: pathOf(''),
    body: { oidc: { issuer: 'https://idp.example', subject: 'ada' } },
    done: 204,
  },
  'a reset of credentials': { method: 'POST', url: pathOf('/credential-link'), body: {}, done: 201 },
  'a new password': {
    method: 'PUT',
    url: () => '/api/v1/me/password',
    body: { next: 'five other words are here' },
    done: 204,
    password: 'current',
    isOwn: true,
  },
  'new recovery codes': { method: 'POST', url: () => '/api/v1/me/recovery-codes', body: {}, done: 201, isOwn: true },
};

function pathOf(what: string) {
  return ({ id }: Person): string => `/api/v1/accounts/${id}${what}`;
}

for (const [what, { method, url, body, done, password: member = 'password', isOwn = false }] of Object.entries(
  GUARDED,
)) {
  test(`a_session_is_not_the_account: ${what} needs password and second factor once more`, async () => {
    const { ward, root, nurse } = await openIcu();
    const ask = async (given: object) => {
      const { statusCode } = await send(ward, root, method, url(nurse), { ...body, ...given });
      return statusCode;
    };
    const before = ward.access.state;
    const code = nextCode(ward, root);
    const missing = isOwn ? 400 : 403;
    assert.equal(await ask({}), missing);
    assert.equal(await ask({ [member]: PASSWORD }), missing);
    assert.equal(await ask({ code }), missing);
    assert.equal(await ask({ [member]: 'five wrong words right here', code }), 401);
    assert.equal(await ask({ [member]: PASSWORD, code: '000000' }), 401);
    assert.deepEqual(ward.access.state.accounts, before.accounts, 'nothing was done');
    assert.deepEqual(ward.access.state.tokens, before.tokens);
    const refused = ward.of('SignInRefused').map(({ account: of, reason }) => [of, reason]);
    assert.deepEqual(refused, [
      [root.id, 'password, asked again'],
      [root.id, 'second factor, asked again'],
    ]);
    if (!isOwn)
      assert.deepEqual(
        ward.of('AccessRefused').map(({ determinedBy }) => determinedBy),
        [['step-up']],
      );
    assert.equal(await ask({ [member]: PASSWORD, code }), done);
    assert.deepEqual(ward.rebuilt(), ward.access.state);
  });
}

test('a code that confirmed something confirms nothing else, and signs nobody in', async () => {
  const { ward, root } = await openIcu();
  const before = ward.of('IdentityConfirmed').length;
  const code = nextCode(ward, root);
  const issue = () =>
    send(ward, root, 'POST', '/api/v1/tokens', { label: 'x', scope: ['readPolicy'], password: PASSWORD, code });
  assert.equal((await issue()).statusCode, 201);
  assert.equal((await issue()).statusCode, 401);
  const session = { name: root.name, password: PASSWORD, code };
  const again = await ward.app.inject({
    method: 'POST',
    url: '/api/v1/sessions',
    headers: { 'wardtwin-request': '1' },
    payload: session,
  });
  assert.equal(again.statusCode, 401);
  assert.equal(ward.of('IdentityConfirmed').length, before + 1);
});

test('a recovery code confirms once', async () => {
  const { ward, root } = await openIcu();
  const [code] = root.recoveryCodes;
  const issue = () =>
    send(ward, root, 'POST', '/api/v1/tokens', { label: 'x', scope: ['readPolicy'], password: PASSWORD, code });
  assert.equal((await issue()).statusCode, 201);
  assert.equal((await issue()).statusCode, 401);
  assert.equal(ward.access.state.accounts[root.id]!.recovery.length, 9);
});

test('guessing at the password of a session that was taken over is slowed as signing in is', async () => {
  const { ward, root } = await openIcu();
  const guess = (password: string, code: string) =>
    send(ward, root, 'POST', '/api/v1/tokens', { label: 'x', scope: ['readPolicy'], password, code });
  for (let count = 0; count < 5; count += 1)
    assert.equal((await guess('five wrong words right here', '000000')).statusCode, 401);
  const slowed = await guess(PASSWORD, '000000');
  assert.equal(slowed.statusCode, 429);
  assert.ok(Number(slowed.headers['retry-after']) >= 1);
  // and never for good
  ward.clock.pass(5 * MINUTE);
  assert.equal((await guess(PASSWORD, nextCode(ward, root))).statusCode, 201);
});

test('what contains harm is not kept waiting: to disable, to revoke, to end a session, and the glass', async () => {
  const { ward, root, nurse } = await openIcu();
  const broken = await send(ward, nurse, 'POST', '/api/v1/break-glass', { subject: 'patient-3', reason: 'x' });
  assert.equal(broken.statusCode, 201);
  const wish = { label: 'x', scope: ['readPolicy'], password: PASSWORD, code: nextCode(ward, nurse) };
  const { token } = (await send(ward, nurse, 'POST', '/api/v1/tokens', wish)).json<{ token: { id: string } }>();
  const { sessions } = (await send(ward, root, 'GET', `/api/v1/sessions?account=${nurse.id}`)).json<{
    sessions: { id: string }[];
  }>();
  assert.equal((await send(ward, root, 'DELETE', `/api/v1/tokens/${token.id}`)).statusCode, 204);
  assert.equal((await send(ward, root, 'DELETE', `/api/v1/sessions/${sessions[0]!.id}`)).statusCode, 204);
  assert.equal((await send(ward, root, 'POST', `/api/v1/accounts/${nurse.id}/disable`)).statusCode, 204);
});

test('a change of nothing is no change, whatever confirms it', async () => {
  const { ward, root, nurse } = await openIcu();
  const given = { password: PASSWORD, code: nextCode(ward, root) };
  assert.equal((await send(ward, root, 'PATCH', `/api/v1/accounts/${nurse.id}`, given)).statusCode, 400);
});

test('no record and no answer holds what confirmed', async () => {
  const { ward, root } = await openIcu();
  const code = nextCode(ward, root);
  const told: string[] = [];
  for (const [method, url, body] of [
    ['POST', '/api/v1/tokens', { label: 'x', scope: ['readPolicy'] }],
    ['POST', '/api/v1/accounts', { ...account, name: 'ben' }],
  ] as const) {
    const answer = await send(ward, root, method, url, { ...body, password: PASSWORD, code: nextCode(ward, root) });
    assert.equal(answer.statusCode, 201);
    told.push(answer.body);
  }
  const text = JSON.stringify(ward.records) + told.join('');
  assert.ok(!text.includes(PASSWORD) && !text.includes(`"${code}"`));
});

test('a token of more than 30 days is for programs, and an administrator issues it', async () => {
  const { ward, root, nurse } = await openIcu();
  const issue = (by: Person, days: number, owner?: string) =>
    confirmed(ward, by, { label: 'x', scope: ['readPolicy'], days, ...(owner === undefined ? {} : { owner }) });
  assert.equal(await issue(nurse, 30), 201);
  assert.equal(await issue(nurse, 31), 400);
  assert.equal(await issue(root, 31), 400, 'nor for the own account of an administrator');
  await signedIn(ward, root);
  const made = await send(ward, root, 'POST', '/api/v1/accounts', {
    ...account,
    name: 'feed',
    kind: 'program',
    password: PASSWORD,
    code: nextCode(ward, root),
  });
  const { id } = made.json<{ id: string }>();
  assert.equal(await issue(root, 31, id), 201);
  assert.equal(await issue(root, 365, id), 201);
  assert.equal(await issue(root, 366, id), 400);
  assert.equal(await issue(nurse, 1, id), 403);
});

async function confirmed(ward: WardAccess, by: Person, body: object): Promise<number> {
  const given = { ...body, password: PASSWORD, code: nextCode(ward, by) };
  return (await send(ward, by, 'POST', '/api/v1/tokens', given)).statusCode;
}
