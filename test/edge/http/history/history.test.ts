import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fromHex } from '#base/bytes';
import { verifyConsistency, verifyInclusion } from '#crypto/merkle-log';
import { type HttpBench, openHttpBench } from '../http-bench.ts';

interface Told {
  readonly position: number;
  readonly kind: string;
  readonly subject: string;
  readonly body?: unknown;
}

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
  for (const glucose of [100, 101, 102]) await bench.ward.tell('cgm', { glucose });
});
after(() => bench.close());

const recordsOf = async (name: 'auditor' | 'clinician', query: string): Promise<readonly Told[]> => {
  const answer = await bench.ask(name, `/api/v1/history/records?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json<{ records: Told[] }>().records;
};

test('an auditor reads what happened, and of patients only that it did', async () => {
  const records = await recordsOf('auditor', 'limit=200&order=oldest');
  assert.deepEqual(
    records.map(({ position }) => position),
    records.map((_, index) => index),
  );
  const messages = records.filter(({ kind }) => kind === 'MessageReceived');
  assert.ok(messages.length === 3 && messages.every(({ subject, body }) => subject === 'p1' && body === undefined));
  const enrolled = records.find(({ kind }) => kind === 'ThingEnrolled');
  assert.notEqual(enrolled?.body, undefined);
});

test('no record shows what could be used to sign in', async () => {
  await bench.signIn('root');
  const records = await recordsOf('auditor', 'limit=200');
  assert.ok(records.some(({ kind }) => kind === 'SignedIn'));
  assert.doesNotMatch(JSON.stringify(records), /argon2|"totp":|"password":|"recovery":/);
});

test("who may read a twin's history reads its records, and nobody else's", async () => {
  const records = await recordsOf('clinician', 'subject=p1&kind=MessageReceived');
  assert.equal(records.length, 3);
  assert.ok(records.every(({ body }) => body !== undefined));
  assert.equal((await bench.ask('clinician', '/api/v1/history/records')).status, 403);
  assert.equal((await bench.ask('stranger', '/api/v1/history/records?subject=p1')).status, 403);
});

test('records are read page by page in either order', async () => {
  for (const order of ['oldest', 'newest']) {
    const seen: number[] = [];
    let path: string | undefined = `/api/v1/history/records?subject=p1&kind=MessageReceived&limit=2&order=${order}`;
    while (path !== undefined) {
      const answer = await bench.ask('clinician', path);
      seen.push(...answer.json<{ records: Told[] }>().records.map(({ position }) => position));
      path = /<([^>]+)>/.exec(String(answer.headers['link'] ?? ''))?.[1];
    }
    assert.equal(new Set(seen).size, 3);
    assert.deepEqual(seen, order === 'oldest' ? seen.toSorted((a, b) => a - b) : seen.toSorted((a, b) => b - a));
  }
  assert.equal((await bench.ask('auditor', '/api/v1/history/records?kind=Gossip')).status, 400);
});

test('an outsider can check that a record is in the history that was signed', async () => {
  const checkpoint = (await bench.ask('auditor', '/api/v1/history/checkpoint', { method: 'POST' })).json<{
    size: number;
    root: string;
    note: string;
  }>();
  assert.match(checkpoint.note, /\n\n— /);
  const proof = (await bench.ask('auditor', `/api/v1/history/proof/inclusion/5?size=${checkpoint.size}`)).json<{
    leaf: string;
    path: string[];
  }>();
  assert.equal(
    verifyInclusion(fromHex(proof.leaf), 5, checkpoint.size, proof.path.map(fromHex), fromHex(checkpoint.root)),
    true,
  );
  await bench.ward.tell('cgm', { glucose: 103 });
  const later = (await bench.ask('auditor', '/api/v1/history/checkpoint', { method: 'POST' })).json<
    typeof checkpoint
  >();
  const consistency = await bench.ask(
    'auditor',
    `/api/v1/history/proof/consistency?from=${checkpoint.size}&size=${later.size}`,
  );
  const path = consistency.json<{ path: string[] }>().path.map(fromHex);
  assert.equal(
    verifyConsistency(checkpoint.size, fromHex(checkpoint.root), later.size, fromHex(later.root), path),
    true,
  );
  const latest = await bench.ask('auditor', '/api/v1/history/checkpoint');
  assert.ok(latest.json<typeof checkpoint>().size >= later.size);
});

test('proofs are for whoever may have history proven, and of what there is', async () => {
  assert.equal((await bench.ask('clinician', '/api/v1/history/proof/inclusion/0')).status, 403);
  assert.equal((await bench.ask('auditor', '/api/v1/history/proof/inclusion/999999')).status, 404);
  assert.equal((await bench.ask('auditor', '/api/v1/history/proof/consistency?from=999999')).status, 404);
});
