import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, MINUTE, SECOND } from '#base/time';
import {
  nextCode,
  openIcu,
  openWardAccess,
  PASSWORD,
  send,
  sendConfirmed,
  signedIn,
  trySignIn,
} from './ward-access.ts';

test('the set-up link works once, and only until the platform is set up', async () => {
  const ward = await openWardAccess();
  const first = ward.access.offerSetUp()!;
  const second = ward.access.offerSetUp()!;
  const payload = { name: 'root', displayName: 'Ada Root', password: PASSWORD };
  const post = (token: string) =>
    ward.app.inject({ method: 'POST', url: '/api/v1/setup', payload: { ...payload, token } });
  assert.equal((await post(first)).statusCode, 403, 'a newer link replaces the one before');
  const both = await Promise.all([post(second), post(second)]);
  assert.deepEqual(both.map(({ statusCode }) => statusCode).sort(), [201, 403]);
  assert.equal((await post(second)).statusCode, 403);
  assert.equal(ward.access.offerSetUp(), undefined);
  assert.equal(ward.of('SetUpCompleted').length, 1);
  assert.equal(Object.keys(ward.access.state.accounts).length, 1);
});

test('a set-up link dies after a day', async () => {
  const ward = await openWardAccess();
  const token = ward.access.offerSetUp()!;
  assert.equal((await ward.app.inject(`/setup?token=${token}`)).statusCode, 200);
  ward.clock.pass(24 * HOUR);
  assert.equal((await ward.app.inject(`/setup?token=${token}`)).statusCode, 403);
});

test('the set-up page works as a plain form, runs no script, and shows the secrets once', async () => {
  const ward = await openWardAccess();
  const token = ward.access.offerSetUp()!;
  const form = await ward.app.inject(`/setup?token=${token}`);
  assert.match(
    String(form.headers['content-security-policy']),
    /^default-src 'none'; style-src 'nonce-[\w-]+'; form-action 'self'/,
  );
  assert.equal(form.headers['referrer-policy'], 'no-referrer');
  assert.doesNotMatch(form.body, /<script|\son\w+=/);
  for (const [, id] of form.body.matchAll(/<label for="(\w+)"/g))
    assert.match(form.body, new RegExp(`<input id="${id}"`));
  const post = (fields: Record<string, string>, headers = {}) =>
    ward.app.inject({
      method: 'POST',
      url: '/setup',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: new URLSearchParams(fields).toString(),
    });
  const fields = { token, name: 'root', displayName: '<b>Ada</b>', password: PASSWORD };
  const short = await post({ ...fields, password: 'short' });
  assert.equal(short.statusCode, 400);
  assert.match(short.body, /role="alert">password: has `5` characters/);
  assert.doesNotMatch(short.body, /value="short"/);
  assert.equal((await post(fields, { 'sec-fetch-site': 'cross-site' })).statusCode, 403);
  const done = await post(fields, { 'sec-fetch-site': 'same-origin' });
  assert.equal(done.statusCode, 200);
  assert.match(done.body, /otpauth:\/\/totp\/Wardtwin:root\?secret=[A-Z2-7]{32}/);
  assert.equal([...done.body.matchAll(/<li><code>/g)].length, 10);
  assert.equal((await post(fields)).statusCode, 403);
});

test('whoever is refused learns nothing but that', async () => {
  const { ward, root } = await openIcu();
  const answers = [
    await trySignIn(ward, root, { name: 'nobody' }),
    await trySignIn(ward, root, { password: 'five wrong words right here' }),
    await trySignIn(ward, root, { code: '000000' }),
    await trySignIn(ward, root, { code: 'aaaa-bbbb-cccc-dddd' }),
  ];
  for (const answer of answers) {
    assert.equal(answer.statusCode, 401);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.deepEqual(answer.json(), answers[0]!.json());
  }
  const refused = ward.of('SignInRefused').map(({ reason }) => reason);
  assert.deepEqual(refused, ['unknown account', 'password', 'second factor', 'second factor']);
  assert.doesNotMatch(JSON.stringify(ward.records), /nobody|five wrong words/);
});

test('a code of the second factor is accepted once, a recovery code too', async () => {
  const { ward, root } = await openIcu();
  const code = nextCode(ward, root);
  const both = await Promise.all([trySignIn(ward, root, { code }), trySignIn(ward, root, { code }, '198.51.100.7')]);
  assert.deepEqual(both.map(({ statusCode }) => statusCode).sort(), [201, 401]);
  assert.equal((await trySignIn(ward, root, { code })).statusCode, 401);

  const [recovery] = root.recoveryCodes;
  const used = await trySignIn(ward, root, { code: recovery!.toUpperCase().replaceAll('-', ' ') });
  assert.equal(used.statusCode, 201);
  assert.equal(used.json().recoveryCodesLeft, 9);
  assert.equal((await trySignIn(ward, root, { code: recovery! })).statusCode, 401);
});

test('guessing is slowed, per account and never for the owner at a known address, and the wait ends', async () => {
  const { ward, root } = await openIcu();
  const guess = () => trySignIn(ward, root, { password: 'wrong wrong words', code: '123456' }, '203.0.113.9');
  for (let index = 0; index < 5; index += 1) assert.equal((await guess()).statusCode, 401);
  const slowed = await guess();
  assert.equal(slowed.statusCode, 429);
  assert.ok(Number(slowed.headers['retry-after']) >= 1);
  const recordsBefore = ward.records.length;
  for (let index = 0; index < 20; index += 1) assert.equal((await guess()).statusCode, 429);
  assert.equal(ward.records.length, recordsBefore, 'a flood does not fill history');

  await signedIn(ward, root);
  // from an unknown address the owner waits, but never for good
  ward.clock.pass(5 * MINUTE);
  assert.equal((await trySignIn(ward, root, {}, '198.51.100.1')).statusCode, 201);
  assert.deepEqual(ward.rebuilt(), ward.access.state, 'a restart does not forget who guessed');
});

test('many attempts at once do not get past the count', async () => {
  const { ward, root } = await openIcu();
  const guess = () => trySignIn(ward, root, { password: 'wrong wrong words', code: '123456' }, '203.0.113.9');
  const answers = await Promise.all(Array.from({ length: 12 }, guess));
  assert.deepEqual([...new Set(answers.map(({ statusCode }) => statusCode))].sort(), [401, 429]);
  assert.equal(answers.filter(({ statusCode }) => statusCode === 401).length, 1);
});

test('a session ends when idle, when old, and when its account changes', async () => {
  const { ward, root } = await openIcu();
  const me = () => send(ward, root, 'GET', '/api/v1/me').then(({ statusCode }) => statusCode);
  ward.clock.pass(14 * MINUTE);
  assert.equal(await me(), 200);
  ward.clock.pass(15 * MINUTE);
  assert.equal(await me(), 401);

  await signedIn(ward, root);
  for (let passed = 0; passed < 8 * HOUR; passed += 10 * MINUTE) {
    assert.equal(await me(), 200);
    ward.clock.pass(10 * MINUTE);
  }
  assert.equal(await me(), 401);
});

test('sessions are told, bound to the account as it was, and end at once with their streams', async () => {
  const { ward, root, nurse } = await openIcu();
  const principal = ward.access.authenticate({ session: nurse.cookie.split('=')[1]! })!;
  const question = { action: 'readTwin', resource: { type: 'Twin', subject: 'patient-1', ward: 'icu' } } as const;
  assert.equal(ward.access.decide(principal, question).outcome, 'permit');
  let ended = 0;
  ward.access.onRevoked(principal.credential, () => {
    ended += 1;
  });
  await signedIn(ward, root);
  const changed = await sendConfirmed(ward, root, 'PATCH', `/api/v1/accounts/${nurse.id}`, { wards: ['ed'] });
  assert.equal(changed.statusCode, 204);
  assert.equal(ended, 1);
  assert.equal((await send(ward, nurse, 'GET', '/api/v1/me')).statusCode, 401);
  assert.deepEqual(ward.access.decide(principal, question).determinedBy, ['credential'], 'revoked_means_refused');

  await signedIn(ward, nurse);
  await signedIn(ward, root);
  const { sessions } = (await send(ward, root, 'GET', `/api/v1/sessions?account=${nurse.id}`)).json();
  assert.equal(sessions.length, 1);
  assert.equal((await send(ward, root, 'DELETE', `/api/v1/sessions/${sessions[0].id}`)).statusCode, 204);
  assert.equal((await send(ward, nurse, 'GET', '/api/v1/me')).statusCode, 401);
  assert.equal((await send(ward, root, 'DELETE', `/api/v1/sessions/${sessions[0].id}`)).statusCode, 404);

  await signedIn(ward, nurse);
  await signedIn(ward, root);
  assert.equal((await send(ward, root, 'POST', `/api/v1/accounts/${nurse.id}/disable`)).statusCode, 204);
  assert.equal((await send(ward, nurse, 'GET', '/api/v1/me')).statusCode, 401);
  assert.equal((await trySignIn(ward, nurse)).statusCode, 401);
  assert.deepEqual(ward.rebuilt(), ward.access.state);
});

test('an expired session ends its streams at the next tick', async () => {
  const { ward, root } = await openIcu();
  const { credential } = ward.access.authenticate({ session: root.cookie.split('=')[1]! })!;
  let ended = false;
  ward.access.onRevoked(credential, () => {
    ended = true;
  });
  ward.clock.pass(16 * MINUTE);
  await ward.access.tick();
  assert.ok(ended);
});

test('a new password ends every session, and needs the old one', async () => {
  const { ward, root } = await openIcu();
  const change = (given: object) =>
    send(ward, root, 'PUT', '/api/v1/me/password', { current: PASSWORD, code: nextCode(ward, root), ...given });
  const next = 'fünf andere Wörter hier';
  assert.equal((await change({ current: 'is not it at all', next })).statusCode, 401);
  assert.equal((await change({ code: '000000', next })).statusCode, 401);
  assert.equal((await change({ next: 'ada root wardtwin' })).statusCode, 400);
  assert.equal((await send(ward, root, 'PUT', '/api/v1/me/password', { current: PASSWORD, next })).statusCode, 400);
  assert.equal((await change({ next: next.normalize('NFD') })).statusCode, 204);
  assert.equal((await send(ward, root, 'GET', '/api/v1/me')).statusCode, 401);
  assert.equal((await trySignIn(ward, root, { password: next.normalize('NFC') })).statusCode, 201);
  assert.equal((await trySignIn(ward, root)).statusCode, 401);
});

test('reset credentials are void at once, and the link to new ones works once', async () => {
  const { ward, root, nurse } = await openIcu();
  await signedIn(ward, root);
  const { link } = (await sendConfirmed(ward, root, 'POST', `/api/v1/accounts/${nurse.id}/credential-link`)).json();
  assert.equal((await send(ward, nurse, 'GET', '/api/v1/me')).statusCode, 401);
  assert.equal((await trySignIn(ward, nurse)).statusCode, 401);
  const page = await ward.app.inject(link.slice('https://ward.example'.length));
  assert.match(page.body, /who signs in as <code>nurse<\/code>/);
  assert.doesNotMatch(page.body, /id="name"/);
});

test('there is always an administrator', async () => {
  const { ward, root } = await openIcu();
  for (const [method, path, body] of [
    ['POST', `/${root.id}/disable`, {}],
    ['PATCH', `/${root.id}`, { roles: ['auditor'] }],
    ['POST', `/${root.id}/credential-link`, {}],
  ] as const) {
    const answer = await sendConfirmed(ward, root, method, `/api/v1/accounts${path}`, body);
    assert.equal(answer.statusCode, 409, path);
    assert.match(answer.json().detail, /only administrator/);
  }
});

test('what cannot be recorded does not happen', async () => {
  const { ward, root } = await openIcu();
  ward.broken = true;
  const made = await sendConfirmed(ward, root, 'POST', '/api/v1/accounts', {
    name: 'nurse',
    displayName: 'N',
    roles: ['clinician'],
  });
  assert.equal(made.statusCode, 503);
  assert.equal((await trySignIn(ward, root)).statusCode, 503);
  ward.broken = false;
  assert.equal(Object.keys(ward.access.state.accounts).length, 2);
  assert.deepEqual(ward.rebuilt(), ward.access.state);
});

test('no secret is in a record outside of its account, in an answer, or in a listing', async () => {
  const { ward, root } = await openIcu();
  const secrets = /argon2id|otpauth|"totp"|"password"|"digest"/;
  for (const { subject, kind, body } of ward.records) {
    if (kind === 'PolicyLoaded') continue;
    if (!subject.startsWith('account/')) assert.doesNotMatch(JSON.stringify(body), secrets, kind);
  }
  const listed = await send(ward, root, 'GET', '/api/v1/accounts');
  assert.equal(listed.statusCode, 200);
  assert.doesNotMatch(listed.body, secrets);
  assert.equal(listed.headers['cache-control'], 'no-store');
  assert.ok(!JSON.stringify(ward.records).includes(root.cookie.split('=')[1]!));
});

test('another site cannot use the session that a browser holds', async () => {
  const { ward, root } = await openIcu();
  const post = (headers: Record<string, string>) =>
    ward.app
      .inject({ method: 'DELETE', url: '/api/v1/sessions/current', headers: { cookie: root.cookie, ...headers } })
      .then(({ statusCode }) => statusCode);
  const header = { 'wardtwin-request': '1' };
  assert.equal(await post({}), 403);
  assert.equal(await post({ ...header, 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await post({ ...header, 'sec-fetch-site': 'same-site' }), 403);
  assert.equal(await post({ ...header, 'sec-fetch-site': 'none' }), 403);
  assert.equal(await post({ ...header, origin: 'https://evil.example' }), 403);
  assert.equal(await post({ 'sec-fetch-site': 'same-origin' }), 403);
  assert.equal(await post({ ...header, authorization: 'Bearer x', 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await post({ ...header, 'sec-fetch-site': 'none', origin: 'https://ward.example' }), 204);
});

test('the cookie cannot be read by scripts, sent by others or set by a neighbour', async () => {
  const { ward, root } = await openIcu();
  const answer = await trySignIn(ward, root);
  assert.match(
    String(answer.headers['set-cookie']),
    /^__Host-wardtwin=[a-z2-7]{52}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  );
  ward.clock.pass(SECOND);
});
