import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type HttpBench, type Name, openHttpBench, PEOPLE } from './http-bench.ts';
import { openEvents } from './sse-client.ts';

let bench: HttpBench;
/** By what each is. */
const secrets = new Map<string, string>();
before(async () => {
  bench = await openHttpBench();
  await bench.ward.tell('cgm', { glucose: 123 });
  await makeSecrets();
});
after(() => bench.close());

/** Whatever opens something, in the forms in which it could be told. */
async function makeSecrets(): Promise<void> {
  const cookie = await bench.signIn('root');
  const headers = { cookie, origin: bench.origin, 'wardtwin-request': '1' };
  const post = async (path: string, body: object) => {
    const answer = await bench.ask(undefined, path, {
      method: 'POST',
      body: { ...body, ...bench.confirmation() },
      headers,
    });
    assert.equal(answer.status, 201, answer.text);
    return answer.json();
  };
  secrets.set('session', cookie.slice(cookie.indexOf('=') + 1));
  secrets.set('link', String((await post('/api/v1/accounts', { ...NEW, name: 'new.nurse' }))['link']).split('=')[1]!);
  secrets.set('token', String((await post('/api/v1/tokens', { label: 'x', scope: ['readAccounts'] }))['text']));
  const wish = { thing: 'p1-spare', subject: 'p1', role: 'spare', model: 'insulin-pump' };
  const offered = await bench.ask('engineer', '/api/v1/things', { method: 'POST', body: wish });
  secrets.set('enrolment token', offered.json<{ enrolment: { token: string } }>().enrolment.token);
  for (const { thing, offer } of bench.live.fleet.registry.things.values()) {
    if (offer !== undefined) secrets.set(`digest of the offer of ${thing}`, offer.digest);
  }
  for (const { name, password, totp, recovery, link } of Object.values(bench.access.state.accounts)) {
    if (password !== undefined) secrets.set(`password of ${name}`, password);
    if (totp !== undefined) {
      secrets.set(`second factor of ${name}`, totp.toBase64({ alphabet: 'base64url', omitPadding: true }));
    }
    for (const [index, code] of recovery.entries()) secrets.set(`code ${index} of ${name}`, code);
    if (link !== undefined) secrets.set(`digest of the link of ${name}`, link.digest);
  }
  for (const { id, digest } of Object.values(bench.access.state.tokens)) secrets.set(`digest of token ${id}`, digest);
  assert.ok(secrets.size > 15);
}

const NEW = { displayName: 'Nurse', roles: ['clinician'] };
const NAMES = Object.keys(PEOPLE) as readonly Name[];
/** What stands for the parts of addresses. */
const PARTS: Readonly<Record<string, string>> = {
  subject: 'p1',
  thing: 'p1-cgm',
  role: 'cgm',
  name: 'glucose',
  position: '3',
  model: 'insulin-pump',
};

function requireNone(text: string, where: string): void {
  for (const [what, secret] of secrets) assert.ok(!text.includes(secret), `${where} tells the ${what}`);
}

test('no_secret_leaves: not by any record of history', async () => {
  let path: string | undefined = '/api/v1/history/records?order=oldest&limit=200';
  const kinds = new Set<string>();
  while (path !== undefined) {
    const answer = await bench.ask('auditor', path);
    requireNone(answer.text, 'history');
    for (const { kind } of answer.json<{ records: { kind: string }[] }>().records) kinds.add(kind);
    path = /<([^>]+)>/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  for (const kind of ['SignedIn', 'TokenIssued', 'AccountCreated', 'EnrolmentOffered'])
    assert.ok(kinds.has(kind), kind);
});

test('no_secret_leaves: not by any address that can be read, whoever reads it', async () => {
  const { paths } = (await bench.ask(undefined, '/api/v1/openapi.json')).json<{
    paths: Readonly<Record<string, { get?: { responses: Readonly<Record<string, { content?: object }>> } }>>;
  }>();
  let read = 0;
  for (const [template, { get }] of Object.entries(paths)) {
    // streams are looked at below; some have no end
    if (get === undefined || 'text/event-stream' in (get.responses['200']?.content ?? {})) continue;
    if (template.endsWith('/next') || template.endsWith('/ws')) continue;
    const accounts = Object.keys(bench.access.state.accounts);
    const id = template.includes('/accounts/')
      ? accounts[0]!
      : template.includes('/things/')
        ? 'urn:wardtwin:thing:p1-cgm'
        : 'c1';
    const path = template.replace(/\{(\w+)\}/g, (_, part: string) => PARTS[part] ?? id);
    for (const name of NAMES) {
      const answer = await bench.ask(name, path);
      if (answer.status === 200) read += 1;
      requireNone(answer.text, `${path} for ${name}`);
    }
  }
  assert.ok(read > 100, String(read));
});

test('no_secret_leaves: not by a stream from the beginning of history', async () => {
  const stream = await openEvents(bench, 'clinician', '/api/v1/stream?after=0');
  const events = [];
  while (events.length < 5) events.push(await stream.next());
  stream.close();
  requireNone(JSON.stringify(events), 'the stream');
});
