import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { SECOND } from '#base/time';
import { openCertificateAuthority } from '#edge/pki/certificate-authority';
import { estRoutes } from '#edge/pki/est';
import { toBase64Lines } from '#edge/pki/pem';
import { createSteppedClock } from './enrolment-server.ts';
import { createMemoryDesk, createMemorySecrets } from './memory-desk.ts';
import { makeTestRequest } from './test-request.ts';

async function openEst() {
  const clock = createSteppedClock();
  const authority = await openCertificateAuthority({ secrets: createMemorySecrets(), clock });
  const desk = createMemoryDesk(() => clock.now());
  const app = fastify();
  await app.register(estRoutes({ authority, desk, clock }));
  return { app, desk, clock };
}

interface Attempt {
  readonly thing: string;
  readonly token: string;
  readonly from?: string;
  readonly body?: string;
}

async function enrol(app: FastifyInstance, { thing, token, from = '192.0.2.1', body }: Attempt) {
  return app.inject({
    method: 'POST',
    url: '/.well-known/est/simpleenroll',
    remoteAddress: from,
    headers: {
      authorization: `Basic ${Buffer.from(`${thing}:${token}`).toString('base64')}`,
      'content-type': 'application/pkcs10',
    },
    payload: body ?? toBase64Lines(await makeTestRequest(thing)),
  });
}

test('one_token_one_certificate, however many ask at once', async () => {
  const { app, desk } = await openEst();
  const token = desk.offer('pump-1');
  const answers = await Promise.all(Array.from({ length: 8 }, () => enrol(app, { thing: 'pump-1', token })));
  assert.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1);
  assert.equal(desk.certificates.length, 1);
});

test('nothing_leaves_before_it_is_durable: neither without the token used up, nor without the certificate on record', async () => {
  const { app, desk } = await openEst();
  const token = desk.offer('pump-1');
  desk.fail('redeem');
  const unredeemed = await enrol(app, { thing: 'pump-1', token });
  assert.equal(unredeemed.statusCode, 503);
  assert.equal(unredeemed.headers['retry-after'], '5');
  assert.doesNotMatch(unredeemed.body, /store|MII/);
  desk.fail('issued');
  const unrecorded = await enrol(app, { thing: 'pump-1', token });
  assert.equal(unrecorded.statusCode, 503);
  assert.deepEqual(desk.log, ['redeem pump-1 granted']);
  desk.fail('nothing');
  // the crash in between cost the token: it is not good for a second certificate
  assert.equal((await enrol(app, { thing: 'pump-1', token })).statusCode, 401);
  assert.deepEqual(desk.certificates, []);
});

test('guessing is slowed for a network, and what was too much is counted', async () => {
  const { app, desk, clock } = await openEst();
  const token = desk.offer('pump-1');
  const wrong = desk.offer('pump-2');
  for (let attempt = 0; attempt < 10; attempt += 1) {
    assert.equal((await enrol(app, { thing: 'pump-1', token: wrong })).statusCode, 401);
  }
  const held = await enrol(app, { thing: 'pump-1', token: wrong });
  assert.equal(held.statusCode, 429);
  assert.ok(Number(held.headers['retry-after']) >= 1);
  assert.equal(desk.refusals.at(-1)?.reason, 'too-many-attempts');
  assert.equal((await enrol(app, { thing: 'pump-1', token: wrong, from: '::ffff:192.0.2.1' })).statusCode, 429);
  clock.ahead += 7 * SECOND;
  assert.equal((await enrol(app, { thing: 'pump-1', token: wrong })).statusCode, 401);
  assert.equal((await enrol(app, { thing: 'pump-1', token })).statusCode, 200);
});

test('neighbours_never_lock_a_thing_out: the right token is taken from a network in which somebody guesses', async () => {
  const { app, desk } = await openEst();
  const token = desk.offer('pump-1');
  for (let attempt = 0; attempt < 20; attempt += 1) await enrol(app, { thing: 'pump-2', token: '0' });
  assert.equal((await enrol(app, { thing: 'pump-1', token: '0' })).statusCode, 429);
  assert.equal((await enrol(app, { thing: 'pump-1', token })).statusCode, 200);
});

test('whoever has the right token and sends nonsense with it is slowed all the same', async () => {
  const { app, desk } = await openEst();
  const token = desk.offer('pump-1');
  const answers: number[] = [];
  for (let attempt = 0; attempt < 25; attempt += 1) {
    answers.push((await enrol(app, { thing: 'pump-1', token, body: 'bm9uc2Vuc2U=' })).statusCode);
  }
  assert.deepEqual([...new Set(answers)], [400, 429]);
});

test('wrong_tokens_never_lock_a_thing_out, and do not flood history', async () => {
  const { app, desk, clock } = await openEst();
  const token = desk.offer('pump-1');
  const frozen = clock.now();
  clock.now = () => frozen;
  const answers: number[] = [];
  for (let network = 0; network < 150; network += 1) {
    const from = `2001:db8:0:${network.toString(16)}::1`;
    answers.push((await enrol(app, { thing: 'pump-1', token: '0', from })).statusCode);
  }
  assert.deepEqual([...new Set(answers)], [401, 429]);
  assert.equal(desk.refusals.length, 100);
  assert.equal((await enrol(app, { thing: 'pump-1', token, from: '198.51.100.7' })).statusCode, 200);
  clock.now = () => frozen + SECOND;
  await enrol(app, { thing: 'pump-1', token, from: '198.51.100.8' });
  assert.equal(desk.refusals.at(-1)?.omitted, 50);
});

test('a ward behind one address enrols at once', async () => {
  const { app, desk } = await openEst();
  const tokens = Array.from({ length: 40 }, (_, index) => ({
    thing: `pump-${index}`,
    token: desk.offer(`pump-${index}`),
  }));
  const answers = await Promise.all(tokens.map((attempt) => enrol(app, attempt)));
  assert.ok(answers.every(({ statusCode }) => statusCode === 200));
});

test('credentials are read strictly', async () => {
  const { app } = await openEst();
  const payload = toBase64Lines(await makeTestRequest('pump-1'));
  for (const authorization of [
    '',
    'Basic',
    'Basic !',
    'Basic cHVtcA==',
    'Bearer x',
    'Basic /////w==',
    `Basic ${'a'.repeat(600)}`,
    'Basic Og==',
    'Basic Li4vLi46eA==',
  ]) {
    const answer = await app.inject({
      method: 'POST',
      url: '/.well-known/est/simpleenroll',
      remoteAddress: `192.0.2.${authorization.length % 200}`,
      headers: { authorization, 'content-type': 'application/pkcs10' },
      payload,
    });
    assert.equal(answer.statusCode, 401, authorization);
  }
});
