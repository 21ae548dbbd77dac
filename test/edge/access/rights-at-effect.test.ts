import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuthorizationQuestion, heldBy, type Principal } from '#edge/access/access';
import {
  addPerson,
  nextCode,
  openIcu,
  type Person,
  send,
  sendConfirmed,
  signedIn,
  type WardAccess,
} from './ward-access.ts';

const bolus: AuthorizationQuestion = {
  action: 'invokeAction',
  resource: { type: 'Thing', thing: 'pump-1', subject: 'patient-1', ward: 'icu' },
  affordance: 'bolus',
};
const principalOf = ({ access }: WardAccess, { cookie }: Person): Principal =>
  access.authenticate({ session: cookie.split('=')[1]! }) ?? assert.fail('is not signed in');
const disable = (ward: WardAccess, by: Person, { id }: Person) =>
  send(ward, by, 'POST', `/api/v1/accounts/${id}/disable`);
const issue = async (ward: WardAccess, by: Person, wish: object = {}) => {
  const answer = await sendConfirmed(ward, by, 'POST', '/api/v1/tokens', {
    label: 'x',
    scope: ['invokeAction', 'readTwin'],
    ...wish,
  });
  return answer.json<{ readonly token: { readonly id: string; readonly expiresAt: number }; readonly text: string }>();
};

test('rights_at_effect: what waits is decided by the account, the token and the policies of now', async () => {
  const { ward, root, nurse } = await openIcu();
  const { token, text } = await issue(ward, nurse);
  const session = heldBy(principalOf(ward, nurse));
  const program = heldBy(ward.access.authenticate({ bearer: text })!);
  const decided = () => [session, program].map((held) => ward.access.decideHeld(held, bolus).determinedBy);
  const treats = ['clinician-treats-own-patients'];
  assert.deepEqual(decided(), [treats, treats]);

  // whoever asked need not stay for it
  assert.equal((await send(ward, nurse, 'DELETE', '/api/v1/sessions/current')).statusCode, 204);
  assert.deepEqual(decided(), [treats, treats]);
  assert.deepEqual(ward.access.decideHeld(program, { ...bolus, action: 'approveCommand' }).determinedBy, ['scope']);

  await signedIn(ward, root);
  const give = (rights: object) => sendConfirmed(ward, root, 'PATCH', `/api/v1/accounts/${nurse.id}`, rights);
  assert.equal((await give({ patients: [] })).statusCode, 204);
  assert.deepEqual(decided(), [['default-refuse'], ['default-refuse']]);
  await give({ patients: ['patient-1'], roles: ['clinician', 'auditor'] });
  assert.deepEqual(decided(), [['auditors-change-nothing'], ['auditors-change-nothing']]);
  await give({ roles: ['clinician'] });
  assert.deepEqual(decided(), [treats, treats]);

  await send(ward, root, 'DELETE', `/api/v1/tokens/${token.id}`);
  assert.deepEqual(decided(), [treats, ['credential']]);
  assert.equal((await disable(ward, root, nurse)).statusCode, 204);
  assert.deepEqual(decided(), [['credential'], ['credential']]);
});

for (const [what, change] of Object.entries({
  'the password changes': (ward: WardAccess, nurse: Person) =>
    changeOwn(ward, nurse, 'PUT', 'password', { current: nurse.password, next: 'five other words are here' }),
  'new recovery codes are made': (ward: WardAccess, nurse: Person) =>
    changeOwn(ward, nurse, 'POST', 'recovery-codes', { password: nurse.password }),
  'an administrator resets its credentials': (ward: WardAccess, { id }: Person, root: Person) =>
    sendConfirmed(ward, root, 'POST', `/api/v1/accounts/${id}/credential-link`),
  'an administrator disables it': (ward: WardAccess, nurse: Person, root: Person) => disable(ward, root, nurse),
})) {
  test(`no_credential_outlives_its_epoch: sessions, tokens, streams and what waits of an account end when ${what}`, async () => {
    const { ward, root, nurse } = await openIcu();
    const { text } = await issue(ward, nurse);
    const program = ward.access.authenticate({ bearer: text })!;
    const held = [heldBy(principalOf(ward, nurse)), heldBy(program)];
    let ended = 0;
    for (const { credential } of held)
      ward.access.onRevoked(credential, () => {
        ended += 1;
      });
    const answer = await change(ward, nurse, root);
    assert.ok(answer.statusCode < 300, answer.body);
    assert.equal(ended, 2);
    assert.equal(ward.access.authenticate({ bearer: text }), undefined);
    assert.equal((await send(ward, nurse, 'GET', '/api/v1/me')).statusCode, 401);
    for (const one of held) assert.deepEqual(ward.access.decideHeld(one, bolus).determinedBy, ['credential']);
    assert.deepEqual(ward.access.decide(program, bolus).determinedBy, ['credential']);
    assert.deepEqual(ward.rebuilt(), ward.access.state, 'and a restart finds them ended');
  });
}

test('rights_at_effect: what was asked for in a session ends with it where it is revoked, as with a token', async () => {
  const { ward, root, nurse } = await openIcu();
  const second = await addPerson(ward, root, 'second', ['administrator']);
  const held = heldBy(principalOf(ward, nurse));
  const wish = { name: 'ben', displayName: 'Ben', roles: ['clinician'] };
  const { link } = (await sendConfirmed(ward, second, 'POST', '/api/v1/accounts', wish)).json<{ link: string }>();
  const page = async () => (await ward.app.inject(link.slice('https://ward.example'.length))).statusCode;
  assert.deepEqual([ward.access.decideHeld(held, bolus).outcome, await page()], ['permit', 200]);
  await signedIn(ward, root);
  for (const { id } of [nurse, second]) {
    const { sessions } = (await send(ward, root, 'GET', `/api/v1/sessions?account=${id}`)).json<{
      sessions: { id: string }[];
    }>();
    for (const session of sessions)
      assert.equal((await send(ward, root, 'DELETE', `/api/v1/sessions/${session.id}`)).statusCode, 204);
  }
  assert.deepEqual(ward.access.decideHeld(held, bolus).determinedBy, ['credential']);
  assert.equal(await page(), 403);
  assert.deepEqual(ward.rebuilt(), ward.access.state);
});

test('rights_at_effect: a link to credentials is worth what whoever made it may now', async () => {
  const { ward, root } = await openIcu();
  const second = await addPerson(ward, root, 'second', ['administrator']);
  const wish = { name: 'ben', displayName: 'Ben', roles: ['clinician'] };
  const { link } = (await sendConfirmed(ward, second, 'POST', '/api/v1/accounts', wish)).json<{ link: string }>();
  const token = new URL(link).searchParams.get('token');
  const page = async () => (await ward.app.inject(`/setup?token=${token}`)).statusCode;
  const use = async () => {
    const payload = { token, password: 'four plain words here' };
    return (await ward.app.inject({ method: 'POST', url: '/api/v1/setup', payload })).statusCode;
  };
  const give = async (roles: readonly string[]) => {
    const answer = await sendConfirmed(ward, root, 'PATCH', `/api/v1/accounts/${second.id}`, { roles });
    assert.equal(answer.statusCode, 204, answer.body);
  };
  assert.equal(await page(), 200);
  await give(['auditor']);
  assert.deepEqual([await page(), await use()], [403, 403]);
  await give(['administrator']);
  assert.equal(await page(), 200);
  await disable(ward, root, second);
  assert.deepEqual([await page(), await use()], [403, 403]);
  assert.ok(Object.values(ward.access.state.accounts).every(({ name, password }) => name !== 'ben' || !password));
});

test('rights_at_effect: emergency rights end with the credentials of whoever took them', async () => {
  const { ward, nurse } = await openIcu();
  const elsewhere: AuthorizationQuestion = {
    action: 'readTwin',
    resource: { type: 'Twin', subject: 'patient-3', ward: 'ed' },
  };
  const taken = { subject: 'patient-3', reason: 'found unconscious' };
  assert.equal((await send(ward, nurse, 'POST', '/api/v1/break-glass', taken)).statusCode, 201);
  assert.equal(ward.access.decide(principalOf(ward, nurse), elsewhere).outcome, 'permit');
  const next = 'five other words are here';
  const answer = await changeOwn(ward, nurse, 'PUT', 'password', { current: nurse.password, next });
  assert.equal(answer.statusCode, 204);
  await signedIn(ward, { ...nurse, password: next }).then(({ cookie }) => {
    nurse.cookie = cookie;
  });
  assert.deepEqual(ward.access.decide(principalOf(ward, nurse), elsewhere).determinedBy, ['default-refuse']);
  assert.deepEqual(ward.rebuilt(), ward.access.state);
});

test('rights_at_effect: who was disabled while a change waited for its turn changes nothing, and that is on record', async () => {
  const { ward, root, nurse } = await openIcu();
  const second = await addPerson(ward, root, 'second', ['administrator']);
  const ask = (by: Person, path: string) => send(ward, by, 'POST', `/api/v1/accounts/${path}/disable`);
  // both are permitted when they are asked; the one that comes first takes the right of the other
  const answers = await Promise.all([ask(root, second.id), ask(second, nurse.id)]);
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [204, 403],
  );
  assert.equal(ward.access.state.accounts[nurse.id]!.disabled, false);
  await ward.access.tick();
  const refused = ward.of('AccessRefused').map(({ account, action, determinedBy }) => [account, action, determinedBy]);
  assert.deepEqual(refused, [[second.id, 'manageAccounts', ['credential']]]);
  assert.deepEqual(ward.rebuilt(), ward.access.state);
});

function changeOwn(ward: WardAccess, by: Person, method: 'PUT' | 'POST', what: string, payload: object) {
  return send(ward, by, method, `/api/v1/me/${what}`, { ...payload, code: nextCode(ward, by) });
}
