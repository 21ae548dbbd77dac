import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { Fault } from '#base/fault';
import { problemOf } from '#edge/http/problem';
import { type HttpBench, openHttpBench } from './http-bench.ts';

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench({ limits: { headersWithin: 400, requestWithin: 800 } });
});
after(() => bench.close());

/** What the server answers to bytes that are sent and not continued, until it ends the connection. */
function answerTo(text: string, options: { readonly maxVersion?: 'TLSv1.2' } = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port: bench.port, host: '127.0.0.1', servername: 'localhost', ca: bench.ca, ...options });
    let told = '';
    socket.on('secureConnect', () => socket.write(text));
    socket.on('data', (chunk) => {
      told += chunk.toString('latin1');
    });
    socket.on('error', (error) => resolve(`error ${(error as NodeJS.ErrnoException).code}`));
    socket.on('close', () => resolve(told));
  });
}

test('a client that sends its headers slowly is not waited for', async () => {
  assert.match(await answerTo('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: '), /^HTTP\/1\.1 408/);
});

test('a client that sends its body slowly is not waited for', async () => {
  const head =
    'POST /api/v1/subjects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60\r\n';
  const authorization = `Authorization: Bearer ${bench.token('engineer')}\r\n`;
  assert.match(await answerTo(`${head}${authorization}\r\n{"subject"`), /^(HTTP\/1\.1 408|$)/);
});

test('headers without end are refused', async () => {
  const headers = Array.from({ length: 400 }, (_, index) => `X-${index}: ${'x'.repeat(60)}\r\n`).join('');
  assert.match(await answerTo(`GET /livez HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`), /^HTTP\/1\.1 431/);
});

test('what is no HTTP is answered as such, and the server goes on', async () => {
  assert.match(await answerTo('\x16\x03\x01 this is no request\r\n\r\n'), /^HTTP\/1\.1 400/);
  assert.equal((await bench.ask(undefined, '/livez')).status, 200);
});

test('TLS below 1.3 is not spoken', async () => {
  assert.match(await answerTo('', { maxVersion: 'TLSv1.2' }), /^error/);
});

test('bodies are bounded, JSON, and whole', async () => {
  const post = (body: unknown, headers = {}) =>
    bench.ask('engineer', '/api/v1/subjects', { method: 'POST', body, headers });
  assert.equal((await post({ subject: 'x'.repeat(70_000), ward: 'ward-1' })).status, 413);
  assert.equal((await post('{"subject": ')).json()['type'], 'urn:wardtwin:problem:malformed');
  assert.equal((await post('subject=p2', { 'content-type': 'application/x-www-form-urlencoded' })).status, 415);
  const polluted = await post('{"subject": "p2", "ward": "ward-1", "__proto__": {"admin": true}}');
  assert.equal(polluted.status, 400);
});

test('nobody_alone_takes_all: connections of one network are bounded, and free again when they end', async (context) => {
  const own = await openHttpBench({ limits: { connectionsOfOne: 3 } });
  context.after(() => own.close());
  const hold = (): Socket => connectPlain({ port: own.port, host: '127.0.0.1' });
  const held = [hold(), hold(), hold()];
  await Promise.all(held.map((socket) => once(socket, 'connect')));
  await assert.rejects(own.ask(undefined, '/livez'), { code: 'ECONNRESET' });
  held[0]!.destroy();
  await once(held[0]!, 'close');
  for (;;) {
    const answer = await own.ask(undefined, '/livez').catch(() => undefined);
    if (answer?.status === 200) break;
  }
  for (const socket of held) socket.destroy();
});

test('a caller that asks too often waits, and nobody else does', async (context) => {
  const own = await openHttpBench({ limits: { perPrincipal: { burst: 5, refill: 1_000 } } });
  context.after(() => own.close());
  const statuses = [];
  for (let turn = 0; turn < 8; turn += 1) statuses.push((await own.ask('clinician', '/api/v1/twins')).status);
  assert.deepEqual(statuses.slice(0, 5), [200, 200, 200, 200, 200]);
  const refused = await own.ask('clinician', '/api/v1/twins');
  assert.equal(refused.status, 429);
  assert.equal(refused.headers['retry-after'], '1');
  assert.equal((await own.ask('engineer', '/api/v1/things')).status, 200);
});

test('guessing tokens is slow: what is refused costs its network more', async (context) => {
  const own = await openHttpBench({ limits: { perNetwork: { burst: 100, refill: 1_000 } } });
  context.after(() => own.close());
  let guesses = 0;
  for (let status = 401; status === 401; guesses += 1) {
    status = (await own.ask(undefined, '/api/v1/twins', { headers: { authorization: 'Bearer wtp_guess' } })).status;
  }
  assert.ok(guesses <= 7, String(guesses));
});

test('while the platform cannot keep records, it says so and when to come back', async (context) => {
  const own = await openHttpBench();
  context.after(() => own.close());
  assert.equal((await own.ask(undefined, '/readyz')).status, 200);
  await own.live.close();
  const ready = await own.ask(undefined, '/readyz');
  assert.deepEqual([ready.status, ready.json()], [503, { status: 'not ready' }]);
  assert.equal((await own.ask(undefined, '/livez')).status, 200);
  const read = await own.ask('clinician', '/api/v1/twins/p1');
  assert.equal(read.status, 503);
  assert.equal(read.json()['type'], 'urn:wardtwin:problem:live.unavailable');
  assert.ok(Number(read.headers['retry-after']) > 0);
});

test('an address that cannot be routed is answered like all others, and not repeated', async () => {
  for (const path of ['/things/%ff', `/api/v1/twins/${'x'.repeat(500)}`]) {
    const answer = await bench.ask(undefined, path);
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.doesNotMatch(answer.text, /things|xxx/);
  }
});

test('what nobody foresaw is told without a word of it', () => {
  const secret = 'postgres://admin:hunter2@db';
  for (const error of [new Error(secret), new Fault('store.odd', secret), new TypeError(secret)]) {
    const problem = problemOf(error);
    assert.equal(problem.status, 500);
    assert.doesNotMatch(JSON.stringify(problem), /hunter2/);
  }
});
