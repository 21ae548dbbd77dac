import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountSubject, withoutSecrets } from '#assure/access/access-record';
import type { AuthorizationQuestion, Principal } from '#assure/access/authorization';
import { DAY, HOUR, MINUTE } from '#base/time';
import { loadAccessPolicies } from '#edge/access/cedar/access-policies';
import {
  addPerson,
  openIcu,
  openWardAccess,
  type Person,
  send,
  sendConfirmed,
  signedIn,
  type WardAccess,
} from './ward-access.ts';

const readTwin = (subject: string, ward = 'icu'): AuthorizationQuestion => ({
  action: 'readTwin',
  resource: { type: 'Twin', subject, ward },
});

const principalOf = ({ access }: WardAccess, { cookie }: Person): Principal =>
  access.authenticate({ session: cookie.split('=')[1]! }) ?? assert.fail('is not signed in');

test('a token acts with the rights of its owner, within its scope, until it expires or is revoked', async () => {
  const { ward, root, nurse } = await openIcu();
  const issued = await sendConfirmed(ward, nurse, 'POST', '/api/v1/tokens', {
    label: 'export',
    scope: ['readTwin'],
    days: 1,
  });
  assert.equal(issued.statusCode, 201);
  const { text, token } = issued.json();
  assert.match(text, /^wtp_[a-z2-7]{16}_[a-z2-7]{52}$/);
  const program = ward.access.authenticate({ bearer: text })!;
  assert.deepEqual([program.kind, program.id, program.credential], ['program', nurse.id, `token/${token.id}`]);
  assert.equal(ward.access.decide(program, readTwin('patient-1')).outcome, 'permit');
  assert.deepEqual(ward.access.decide(program, { ...readTwin('patient-1'), action: 'forkTwin' }).determinedBy, [
    'scope',
  ]);
  assert.ok(!JSON.stringify(ward.records).includes(text.split('_')[2]), 'only a digest is kept');

  const altered = `${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`;
  for (const bearer of [altered, `${text}a`, '', 'wtp_', token.id])
    assert.equal(ward.access.authenticate({ bearer }), undefined);
  assert.equal(ward.access.authenticate({ bearer: text, session: nurse.cookie.split('=')[1]! }), undefined);

  let ended = 0;
  ward.access.onRevoked(program.credential, () => {
    ended += 1;
  });
  await sendConfirmed(ward, root, 'PATCH', `/api/v1/accounts/${nurse.id}`, { patients: [] });
  assert.equal(ended, 1, 'its streams end when its owner loses rights');
  assert.equal(
    ward.access.decide(ward.access.authenticate({ bearer: text })!, readTwin('patient-1')).outcome,
    'refuse',
  );

  assert.equal((await send(ward, root, 'DELETE', `/api/v1/tokens/${token.id}`)).statusCode, 204);
  assert.equal(ward.access.authenticate({ bearer: text }), undefined);
  assert.deepEqual(
    ward.access.decide(program, readTwin('patient-1')).determinedBy,
    ['credential'],
    'revoked_means_refused',
  );
  assert.deepEqual(ward.rebuilt(), ward.access.state);
});

test('a token expires, and one of a disabled account is worth nothing', async () => {
  const { ward, root, nurse } = await openIcu();
  const wish = { label: 'export', scope: ['readTwin'], days: 1 };
  const { text } = (await sendConfirmed(ward, nurse, 'POST', '/api/v1/tokens', wish)).json();
  ward.clock.pass(DAY - HOUR);
  assert.notEqual(ward.access.authenticate({ bearer: text }), undefined);
  ward.clock.pass(HOUR);
  assert.equal(ward.access.authenticate({ bearer: text }), undefined);

  await signedIn(ward, nurse);
  const { text: other } = (await sendConfirmed(ward, nurse, 'POST', '/api/v1/tokens', wish)).json();
  await signedIn(ward, root);
  await send(ward, root, 'POST', `/api/v1/accounts/${nurse.id}/disable`);
  assert.equal(ward.access.authenticate({ bearer: other }), undefined);
});

test('nobody acts by a token in the name of another person; administrators issue those of programs', async () => {
  const { ward, root, nurse } = await openIcu();
  const wish = { label: 'x', scope: ['readTwin'] };
  assert.equal(
    (await sendConfirmed(ward, root, 'POST', '/api/v1/tokens', { ...wish, owner: nurse.id })).statusCode,
    403,
  );
  const made = await sendConfirmed(ward, root, 'POST', '/api/v1/accounts', {
    kind: 'program',
    name: 'fhir-export',
    displayName: 'Export',
    roles: ['clinician'],
    wards: ['icu'],
    patients: ['patient-1'],
  });
  assert.equal(made.json().link, undefined, 'nobody signs in to it');
  const issued = await sendConfirmed(ward, root, 'POST', '/api/v1/tokens', { ...wish, owner: made.json().id });
  assert.equal(issued.statusCode, 201);
  const program = ward.access.authenticate({ bearer: issued.json().text })!;
  assert.equal(ward.access.decide(program, readTwin('patient-1')).outcome, 'permit');
  assert.equal(
    (await sendConfirmed(ward, nurse, 'POST', '/api/v1/tokens', { ...wish, owner: made.json().id })).statusCode,
    403,
  );
  const bearer = (url: string, body: object) =>
    ward.app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${issued.json().text}` }, payload: body });
  assert.equal((await bearer('/api/v1/tokens', wish)).statusCode, 403, 'a token makes no tokens');
});

test('a program gives up its own token, and can neither see nor revoke the others of its owner', async () => {
  const { ward, nurse } = await openIcu();
  const issue = async () =>
    (await sendConfirmed(ward, nurse, 'POST', '/api/v1/tokens', { label: 'x', scope: ['readTwin'] })).json();
  const [stolen, other] = [await issue(), await issue()];
  const by = (method: 'GET' | 'DELETE', url: string) =>
    ward.app.inject({ method, url, headers: { authorization: `Bearer ${stolen.text}` } });
  assert.equal((await by('GET', '/api/v1/tokens')).statusCode, 403);
  assert.equal((await by('DELETE', `/api/v1/tokens/${other.token.id}`)).statusCode, 403);
  assert.equal((await by('DELETE', `/api/v1/tokens/${stolen.token.id}`)).statusCode, 204);
  assert.equal((await by('DELETE', `/api/v1/tokens/${stolen.token.id}`)).statusCode, 401);
  assert.notEqual(ward.access.authenticate({ bearer: other.text }), undefined);
});

test('malformed wishes are refused with what is wrong, and nothing unknown is taken', async () => {
  const { ward, nurse, root } = await openIcu();
  for (const body of [
    { label: 'x', scope: [] },
    { label: 'x', scope: ['everything'] },
    { label: 'x', scope: ['readTwin'], days: 366 },
    { label: 'x', scope: ['readTwin'], forever: true },
    { label: 'x', scope: ['readTwin'], days: '3' },
  ]) {
    const answer = await sendConfirmed(ward, nurse, 'POST', '/api/v1/tokens', body);
    assert.equal(answer.statusCode, 400, JSON.stringify(body));
    assert.equal(answer.headers['content-type'], 'application/problem+json');
  }
  for (const name of ['nurse', 'NURSE ']) {
    const taken = await sendConfirmed(ward, root, 'POST', '/api/v1/accounts', { name, displayName: 'x', roles: [] });
    assert.equal(taken.statusCode, 409);
  }
  assert.equal(
    (await sendConfirmed(ward, root, 'POST', '/api/v1/accounts', { name: 'a b', displayName: 'x', roles: [] }))
      .statusCode,
    400,
  );
});

test('breaking the glass gives rights over one patient, loudly, for four hours, and is reviewed by somebody else', async () => {
  const { ward, root, nurse } = await openIcu();
  const officer = await addPerson(ward, root, 'officer', ['privacy-officer']);
  const me = () => principalOf(ward, nurse);
  assert.equal(ward.access.decide(me(), readTwin('patient-3', 'ed')).outcome, 'refuse');
  const broken = await send(ward, nurse, 'POST', '/api/v1/break-glass', {
    subject: 'patient-3',
    reason: 'found unconscious',
  });
  assert.equal(broken.statusCode, 201);
  assert.deepEqual(
    ward.notices.map(({ kind, account, subject }) => [kind, account, subject]),
    [['glass-broken', nurse.id, 'patient-3']],
  );
  assert.deepEqual(ward.access.decide(me(), readTwin('patient-3', 'ed')).determinedBy, ['clinician-with-broken-glass']);
  assert.equal(ward.access.decide(me(), readTwin('patient-2')).outcome, 'refuse');
  assert.equal(ward.access.decide(me(), { ...readTwin('patient-3', 'ed'), purpose: 'research' }).outcome, 'refuse');

  const { id } = broken.json();
  const review = (by: Person, finding: string) =>
    send(ward, by, 'POST', `/api/v1/break-glass/${id}/review`, { finding, comment: 'seen' });
  assert.equal((await review(nurse, 'justified')).statusCode, 403);
  assert.equal((await send(ward, officer, 'GET', '/api/v1/break-glass')).json().grants.length, 1);

  await signedIn(ward, root);
  await sendConfirmed(ward, root, 'PATCH', `/api/v1/accounts/${nurse.id}`, { roles: ['clinician', 'privacy-officer'] });
  await signedIn(ward, nurse);
  assert.equal((await review(nurse, 'justified')).statusCode, 409, 'nobody reviews the own use');

  let ended = false;
  ward.access.onRevoked(me().credential, () => {
    ended = true;
  });
  ward.clock.pass(10 * MINUTE);
  assert.equal(ward.access.decide(me(), readTwin('patient-3', 'ed')).outcome, 'permit');
  await signedIn(ward, officer);
  assert.equal((await review(officer, 'not-justified')).statusCode, 204);
  assert.ok(ended, 'what was opened by it ends at once');
  await signedIn(ward, nurse);
  assert.equal(ward.access.decide(me(), readTwin('patient-3', 'ed')).outcome, 'refuse');
  assert.equal(ward.notices.at(-1)?.kind, 'glass-unjustified');
  assert.deepEqual(ward.rebuilt(), ward.access.state);
});

test('emergency rights run out, and with them what was opened', async () => {
  const { ward, nurse } = await openIcu();
  await send(ward, nurse, 'POST', '/api/v1/break-glass', { subject: 'patient-3', reason: 'found unconscious' });
  await ward.access.tick();
  for (let passed = 0; passed < 4 * HOUR; passed += 10 * MINUTE) {
    assert.equal(ward.access.decide(principalOf(ward, nurse), readTwin('patient-3', 'ed')).outcome, 'permit');
    ward.clock.pass(10 * MINUTE);
  }
  let ended = false;
  const principal = principalOf(ward, nurse);
  ward.access.onRevoked(principal.credential, () => {
    ended = true;
  });
  assert.equal(ward.access.decide(principal, readTwin('patient-3', 'ed')).outcome, 'refuse');
  await ward.access.tick();
  assert.ok(ended);
});

test('an administrator sees no patient without the glass, and a subject that is not here cannot be broken', async () => {
  const { ward, root } = await openIcu();
  assert.deepEqual(ward.access.decide(principalOf(ward, root), readTwin('patient-1')).determinedBy, [
    'no-patient-data-for-administrators',
  ]);
  assert.equal(
    (await send(ward, root, 'POST', '/api/v1/break-glass', { subject: 'nobody', reason: 'x' })).statusCode,
    404,
  );
  assert.equal(
    (await send(ward, root, 'POST', '/api/v1/break-glass', { subject: 'patient-1', reason: 'x' })).statusCode,
    201,
  );
  assert.equal(ward.access.decide(principalOf(ward, root), readTwin('patient-1')).outcome, 'permit');
});

test('privileged permits and refusals are recorded with what determined them, others leave no trace', async () => {
  const { ward, nurse } = await openIcu();
  const principal = principalOf(ward, nurse);
  await ward.access.authorize(principal, readTwin('patient-1'));
  assert.equal(ward.of('AccessPermitted').filter(({ account }) => account === nurse.id).length, 0);
  const question: AuthorizationQuestion = {
    action: 'invokeAction',
    affordance: 'deliverBolus',
    resource: { type: 'Thing', thing: 'pump-1', subject: 'patient-1', ward: 'icu' },
  };
  assert.equal((await ward.access.authorize(principal, question)).outcome, 'permit');
  const [permitted] = ward.of('AccessPermitted').filter(({ account }) => account === nurse.id);
  assert.deepEqual(permitted, {
    account: nurse.id,
    credential: principal.credential,
    action: 'invokeAction',
    resource: { type: 'Thing', id: 'pump-1' },
    purpose: 'care',
    affordance: 'deliverBolus',
    determinedBy: ['clinician-treats-own-patients'],
    failed: [],
  });
  await ward.access.authorize(principal, readTwin('patient-2'));
  assert.deepEqual(
    ward.of('AccessRefused').map(({ action, determinedBy, count }) => ({ action, determinedBy, count })),
    [{ action: 'readTwin', determinedBy: ['default-refuse'], count: 1 }],
  );
});

test('a flood of refusals becomes few records, and none of them is lost', async () => {
  const { ward, nurse } = await openIcu();
  const principal = principalOf(ward, nurse);
  for (let index = 0; index < 500; index += 1) await ward.access.authorize(principal, readTwin('patient-2'));
  assert.equal(ward.of('AccessRefused').length, 1);
  for (let index = 0; index < 500; index += 1) await ward.access.authorize(principal, readTwin(`guess-${index}`));
  const count = () => ward.of('AccessRefused').reduce((sum, refused) => sum + Number(refused['count']), 0);
  assert.ok(ward.of('AccessRefused').length <= 61);
  ward.broken = true;
  ward.clock.pass(MINUTE);
  await assert.rejects(ward.access.tick(), { code: 'store.unavailable' });
  ward.broken = false;
  await ward.access.tick();
  assert.equal(count(), 1_000);
  assert.ok(ward.of('AccessRefused').length <= 64);
});

test('a permit that cannot be recorded is no permit', async () => {
  const { ward, nurse } = await openIcu();
  const principal = principalOf(ward, nurse);
  ward.broken = true;
  const question: AuthorizationQuestion = {
    action: 'invokeAction',
    resource: { type: 'Twin', subject: 'patient-1', ward: 'icu' },
  };
  await assert.rejects(ward.access.authorize(principal, question), { code: 'store.unavailable' });
});

test('the policies in force are on record, once', async () => {
  const ward = await openWardAccess();
  await ward.access.open();
  assert.deepEqual(
    ward.of('PolicyLoaded').map(({ digest }) => digest),
    [loadAccessPolicies().digest],
  );
  const again = await openWardAccess({ state: ward.access.state });
  assert.equal(again.records.length, 0);
});

test('a person who is forgotten is gone: account, tokens, session and name', async () => {
  const { ward, nurse, root } = await openIcu();
  const { text } = (
    await sendConfirmed(ward, nurse, 'POST', '/api/v1/tokens', { label: 'x', scope: ['readTwin'] })
  ).json();
  await ward.access.forget(accountSubject(nurse.id));
  assert.equal(ward.access.authenticate({ bearer: text }), undefined);
  assert.equal((await send(ward, nurse, 'GET', '/api/v1/me')).statusCode, 401);
  // A restart reads all records but those of the destroyed key, and comes to the same.
  const rest = ward.records.filter(({ subject }) => subject !== accountSubject(nurse.id));
  const restarted = await openWardAccess();
  restarted.records.push(...rest);
  assert.deepEqual(Object.keys(restarted.rebuilt().accounts), [root.id]);
  assert.deepEqual(restarted.rebuilt().tokens, {});
});

test('records can be shown without what opens an account', async () => {
  const { ward } = await openIcu();
  const shown = ward.records.map(({ kind, body }) => withoutSecrets(kind, body));
  assert.doesNotMatch(JSON.stringify(shown), /argon2id|"totp"|"recovery"|"link"/);
  assert.match(JSON.stringify(shown), /"nurse"/);
});
