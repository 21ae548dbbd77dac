// The server from its first start to its second, by what people do over HTTPS alone. About 3 s.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDataDirectory } from '#edge/serve/data-directory';
import { type RunningServer, startServer } from '#edge/serve/start-server';
import { createHeardLog } from '../witness/witnessed-bench.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardtwin-life-'));
let running: RunningServer | undefined;
after(async () => {
  await running?.close();
  rmSync(folder, { recursive: true, force: true });
});
const DATA = join(folder, 'data');
const heard = createHeardLog();
const PASSWORD = 'seven quiet otters count the stars';

async function start(): Promise<RunningServer> {
  const clock = { now: () => Date.now() };
  running = await startServer({
    config: { http: { port: 0 }, mqtt: { port: 0 }, log: { level: 'debug' } },
    data: openDataDirectory(DATA),
    log: heard.log,
    version: 'test',
    realTime: clock,
    clock,
  });
  return running;
}

interface Told {
  readonly status: number;
  readonly cookie: string;
  readonly body: Readonly<Record<string, unknown>>;
}

function ask({ localOrigin }: RunningServer, method: string, path: string, body?: object, cookie = ''): Promise<Told> {
  const credentials = cookie === '' ? {} : { cookie };
  const headers = { 'content-type': 'application/json', 'wardtwin-request': '1', ...credentials };
  const ca = readFileSync(join(DATA, 'ca.pem'), 'utf8');
  return new Promise((resolve, reject) => {
    const request = httpsRequest(`${localOrigin}${path}`, { method, ca, headers, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const [set = ''] = response.headers['set-cookie'] ?? [];
      resolve({
        status: response.statusCode ?? 0,
        cookie: set.split(';')[0]!,
        body: text === '' ? {} : JSON.parse(text),
      });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Uses a link; resolves with the recovery codes. */
async function redeem(server: RunningServer, link: string, who: object = {}): Promise<string[]> {
  const token = new URL(link).searchParams.get('token');
  const answer = await ask(server, 'POST', '/api/v1/setup', { token, password: PASSWORD, ...who });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  secrets.push(token!, ...(answer.body['recoveryCodes'] as string[]), String(answer.body['totpSecret']));
  return [...(answer.body['recoveryCodes'] as string[])];
}

async function signIn(server: RunningServer, name: string, code: string): Promise<string> {
  const answer = await ask(server, 'POST', '/api/v1/sessions', { name, password: PASSWORD, code });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  secrets.push(answer.cookie.split('=')[1]!);
  return answer.cookie;
}

const confirmed = (code: string) => ({ password: PASSWORD, code });

/** What must be in no line of the log. */
const secrets: string[] = [
  PASSWORD,
  'ada.lovelace',
  'Ada Lovelace',
  'grace.hopper',
  'Grace Hopper',
  'patient-4711',
  'Nightingale',
];

test('a thrown kill switch is thrown after a restart, and no line of the log tells of a person', async () => {
  const first = await start();
  const codes = await redeem(first, first.setUpLink!, { name: 'ada.lovelace', displayName: 'Ada Lovelace' });
  const ada = await signIn(first, 'ada.lovelace', codes.pop()!);
  const account = {
    name: 'grace.hopper',
    displayName: 'Grace Hopper',
    roles: ['clinical-engineer', 'clinician'],
    wards: ['icu'],
  };
  const created = await ask(first, 'POST', '/api/v1/accounts', { ...account, ...confirmed(codes.pop()!) }, ada);
  const [code] = await redeem(first, String(created.body['link']));
  const grace = await signIn(first, 'grace.hopper', code!);
  const subject = { subject: 'patient-4711', ward: 'icu' };
  assert.equal((await ask(first, 'POST', '/api/v1/subjects', subject, grace)).status, 201);
  const wish = { thing: 'pump-9', subject: 'patient-4711', role: 'pump', model: 'insulin-pump' };
  const expected = await ask(first, 'POST', '/api/v1/things', wish, grace);
  secrets.push((expected.body['enrolment'] as { token: string }).token);
  assert.equal((await ask(first, 'GET', '/api/v1/twins/patient-4711', undefined, grace)).status, 404);
  const emergency = { subject: 'patient-4711', reason: 'found unconscious by Florence Nightingale' };
  const broken = await ask(first, 'POST', '/api/v1/break-glass', emergency, grace);
  assert.equal(broken.status, 201, JSON.stringify(broken.body));
  const wrong = { name: 'ada.lovelace', password: 'not the password', code: '000000' };
  assert.equal((await ask(first, 'POST', '/api/v1/sessions', wrong)).status, 401);
  for (const ward of [{}, { ward: 'icu' }]) {
    const thrown = await ask(first, 'PUT', '/api/v1/kill-switch', { thrown: true, reason: 'drill', ...ward }, ada);
    assert.equal(thrown.status, 200, JSON.stringify(thrown.body));
  }
  await first.close();

  const second = await start();
  assert.equal(second.setUpLink, undefined);
  assert.equal((await ask(second, 'GET', '/api/v1/kill-switch', undefined, ada)).status, 401);
  const again = await signIn(second, 'ada.lovelace', codes.pop()!);
  const { body } = await ask(second, 'GET', '/api/v1/kill-switch', undefined, again);
  assert.deepEqual(body, { thrown: true, wards: ['icu'] });
  assert.ok(heard.entries.some(({ message }) => message === 'access: to be looked at'));
  const log = JSON.stringify(heard.entries);
  for (const secret of secrets) assert.ok(!log.includes(secret), `\`${secret}\` is in the log`);
});
