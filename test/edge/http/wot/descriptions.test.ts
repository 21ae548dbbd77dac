import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Ajv } from 'ajv';
import { type HttpBench, openHttpBench } from '../http-bench.ts';
import { openEvents } from '../sse-client.ts';

type Description = Readonly<Record<string, Readonly<Record<string, unknown>>>> & {
  readonly id: string;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
};

const tdSchema = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve('wot-thing-description-types/schema/td-json-schema-validation.json'),
    'utf8',
  ),
) as object;
const isThingDescription = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(tdSchema);

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
});
after(() => bench.close());

const thing = (role: string): string => `/things/${encodeURIComponent(`urn:wardtwin:thing:p1-${role}`)}`;

test('discovery begins without a token and tells nothing but that there is a directory', async () => {
  const answer = await bench.ask(undefined, '/.well-known/wot');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/td+json');
  assert.equal(isThingDescription(answer.json()), true, JSON.stringify(isThingDescription.errors));
  assert.doesNotMatch(answer.text, /p1/);
  assert.equal((await bench.ask(undefined, '/things')).status, 401);
});

test('every description that is served is one that the schema of the W3C accepts', async () => {
  const listed = await bench.ask('clinician', '/things');
  const descriptions = listed.json<Description[]>();
  assert.deepEqual(
    descriptions.map(({ id }) => id),
    ['cgm', 'gateway', 'handset', 'pump'].map((role) => `urn:wardtwin:thing:p1-${role}`).concat('urn:wardtwin:twin:p1'),
  );
  for (const description of descriptions) {
    assert.equal(isThingDescription(description), true, JSON.stringify(isThingDescription.errors));
  }
});

test('the directory is read page by page', async () => {
  const first = await bench.ask('clinician', '/things?limit=2');
  const link = /<([^>]+)>; rel="next"/.exec(String(first.headers['link']))?.[1] ?? assert.fail('no next page');
  const second = await bench.ask('clinician', link);
  const ids = [...first.json<Description[]>(), ...second.json<Description[]>()].map(({ id }) => id);
  assert.equal(new Set(ids).size, 4);
  assert.equal((await bench.ask('clinician', '/things?limit=1000')).status, 400);
});

test('a description ends where rights end', async () => {
  const own = (await bench.ask('clinician', thing('pump'))).json<Description>();
  assert.ok('bolus' in own['actions']! && 'reservoir' in own['properties']!);
  const reader = await bench.ask('reader', thing('pump'));
  assert.equal(reader.status, 404);
  const engineer = (await bench.ask('engineer', thing('pump'))).json<Description>();
  assert.deepEqual([engineer['actions'], engineer['properties']], [{}, {}]);
  assert.equal((await bench.ask('stranger', thing('pump'))).status, 404);
  assert.deepEqual((await bench.ask('stranger', '/things')).json(), []);
});

test('a description leads to its model and its twin, and the twin to its devices', async () => {
  const pump = (await bench.ask('clinician', thing('pump'))).json<Description>();
  const to = (rel: string): string => new URL(pump.links.find((link) => link.rel === rel)!.href).pathname;
  const model = await bench.ask('clinician', to('type'));
  assert.equal(model.json()['@type'], 'tm:ThingModel');
  const twin = (await bench.ask('clinician', to('collection'))).json<Description>();
  assert.equal(twin.links.filter(({ rel }) => rel === 'item').length, 4);
});

test('the directory tells of things that come and go', async () => {
  const events = await openEvents(bench, 'engineer', '/events');
  const answer = await bench.ask('engineer', '/api/v1/things', {
    method: 'POST',
    body: { thing: 'p1-spare', subject: 'p1', role: 'spare', model: 'glucose-monitor' },
  });
  assert.equal(answer.status, 201, answer.text);
  assert.partialDeepStrictEqual(await events.next(), {
    event: 'thing_created',
    data: { id: 'urn:wardtwin:thing:p1-spare' },
  });
  await bench.ask('engineer', '/api/v1/things/p1-spare?reason=not%20needed', { method: 'DELETE' });
  assert.partialDeepStrictEqual(await events.next(), { event: 'thing_deleted' });
  events.close();
});
