import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MINUTE } from '#base/time';
import { QUIET } from '../../assure/monitor/observations.ts';
import { type HttpBench, type Name, openHttpBench } from './http-bench.ts';

/** What can be read, and who reads it. */
const READS: readonly (readonly [Name, string])[] = [
  ['clinician', '/api/v1/wards'],
  ['clinician', '/api/v1/twins'],
  ['clinician', '/api/v1/twins/p1'],
  ['clinician', '/api/v1/twins/p1/things/cgm/properties/glucose'],
  ['clinician', '/api/v1/twins/p1/commands'],
  ['clinician', '/api/v1/twins/p1/commands/COMMAND'],
  ['clinician', '/api/v1/twins/p1/incidents'],
  ['clinician', '/api/v1/incidents'],
  ['engineer', '/fhir/Device'],
  ['engineer', '/fhir/Device/p1-pump'],
  ['engineer', '/fhir/DeviceMetric'],
  ['engineer', '/api/v1/things'],
  ['engineer', '/api/v1/things/p1-pump'],
  ['security', '/api/v1/kill-switch'],
  ['clinician', '/wot/things/p1-cgm/properties/glucose'],
];

let bench: HttpBench;
let keys = 0;
/** The first command, whose name nobody can tell beforehand. */
let command = '';
before(async () => {
  bench = await openHttpBench();
  for (const glucose of [101, 100, 102]) await quiet(glucose);
});
after(() => bench.close());

async function quiet(glucose: number): Promise<void> {
  bench.pass(5 * MINUTE);
  await bench.ward.tell('cgm', { glucose });
  await bench.ward.tell('pump', QUIET.pump);
  await bench.ward.tell('handset', { ...QUIET.handset, glucoseUsed: glucose });
}

async function ask(action: string): Promise<string> {
  keys += 1;
  const headers = { 'idempotency-key': `time-travel-${keys}` };
  const answer = await bench.ask('clinician', '/api/v1/twins/p1/commands', {
    method: 'POST',
    headers,
    body: { thing: 'pump', action, input: {} },
  });
  return String(answer.json()['id']);
}

/** Ages go on, a page links to itself, and only records have the reason of an incident. */
const withoutAges = (text: string): string =>
  text
    .replace(/\?at=\d+/g, '')
    .replace(/"(at|stalenessMs|ageMs)":("[^"]*"|\d+)/g, '"$1":0')
    .replace(/,"reason":"[^"]*"/g, '');

async function readEach(at?: number): Promise<readonly string[]> {
  const told: string[] = [];
  for (const [name, template] of READS) {
    const path = template.replace('COMMAND', command);
    const answer = await bench.ask(name, at === undefined ? path : `${path}?at=${at}`);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    told.push(withoutAges(answer.text));
  }
  return told;
}

test('then_is_as_it_was: whatever can be read is told of the past as it was told then', async () => {
  const id = await ask('suspend');
  command = id;
  await bench.live.act((fleet) => fleet.noteConnection('p1-pump', 'connected'));
  const first = await readEach();
  const firstAt = bench.live.clock.now();

  bench.pass(MINUTE);
  await bench.ward.acknowledge('pump', id, 'done');
  await ask('resume');
  await bench.live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'something is wrong'));
  await bench.live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'here as well', 'ward-1'));
  await ask('suspend');
  await quiet(180);
  await bench.live.act((fleet) => ({ effects: fleet.audited({ kind: 'tampered', reason: 'altered', firstBad: 3 }) }));
  const second = await readEach();
  const secondAt = bench.live.clock.now();

  bench.pass(10 * MINUTE);
  await bench.live.act((fleet) => ({ effects: fleet.tick() }));
  await bench.live.act((fleet) => fleet.setKillSwitch(false, 'staff', 'over'));
  await bench.live.act((fleet) => fleet.noteConnection('p1-pump', 'disconnected'));
  await bench.live.act((fleet) => fleet.admitSubject('p2', 'ward-1'));
  await bench.live.act((fleet) => fleet.revokeThing('p1-pump', 'staff', 'lost'));
  const last = await readEach();

  for (const [at, told] of [
    [firstAt, first],
    [secondAt, second],
    [bench.live.clock.now(), last],
  ] as const) {
    const again = await readEach(at);
    for (const [index, [, path]] of READS.entries()) {
      assert.deepEqual(JSON.parse(again[index]!), JSON.parse(told[index]!), `${path} at ${at - firstAt} ms`);
    }
  }
  assert.notDeepEqual(first, second);
  assert.notDeepEqual(second, last);
});

test('before a subject was admitted there is nothing to tell of it', async () => {
  const long = bench.live.clock.now() - 300 * MINUTE;
  assert.equal((await bench.ask('clinician', `/api/v1/twins/p1?at=${long}`)).status, 404);
  assert.equal((await bench.ask('engineer', `/api/v1/things/p1-pump?at=${long}`)).status, 404);
  assert.deepEqual((await bench.ask('clinician', `/api/v1/twins?at=${long}`)).json(), { twins: [] });
});
