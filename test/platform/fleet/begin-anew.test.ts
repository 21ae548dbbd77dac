import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CborObject, decodeCanonical, encodeCanonical } from '#base/canonical';
import { HOUR, MINUTE, type Millis } from '#base/time';
import { encodeTwin } from '#mirror/twin/encode-twin';
import type { Endpoint } from '#model/thing/endpoint';
import type { Report, ThingValue } from '#model/thing/message';
import { SNAPSHOT_LIMIT } from '#platform/fleet/snapshot';
import { createFleetBench, OFFER } from './fleet-bench.ts';

const FOREIGN = { proven: false, redelivered: false } as const;
const YEARS = 20 * 365 * 24 * HOUR;

/** A subject whose monitor has a key of its own, and whose handset the gateway speaks for. */
function ward() {
  const bench = createFleetBench();
  const { fleet } = bench;
  fleet.admitSubject('p1', 'ward-1');
  const speaking = { thing: 'p1-gateway', subject: 'p1', role: 'gateway', model: 'gateway', speaksFor: ['p1-handset'] };
  fleet.expectThing(speaking, OFFER);
  fleet.redeemOffer('p1-gateway', OFFER.digest);
  bench.expect('p1-cgm', 'p1', 'cgm', 'glucose-monitor');
  fleet.redeemOffer('p1-cgm', OFFER.digest);
  const spokenFor = { subject: 'p1', role: 'handset', model: 'handset', speaksFor: [] };
  fleet.expectThing({ ...spokenFor, thing: 'p1-handset' });
  const tell = (by: Endpoint, thing: string, values: Readonly<Record<string, ThingValue>>, off: Millis = 0) => {
    const at = bench.now() + off;
    const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at }));
    const report: Report = { kind: 'Report', thing, sentAt: at, measurements };
    return fleet.receive(by.seal(report), FOREIGN).outcome;
  };
  const twin = () => fleet.subject('p1')!.twin;
  const replaced = () => bench.records.filter(({ kind }) => kind === 'ThingReplaced').map(({ body }) => body);
  return { ...bench, spokenFor, tell, twin, replaced };
}

test('a_new_key_begins_anew: what the former one said is shown no more, ahead or not', () => {
  const bench = ward();
  const gateway = bench.key('p1-gateway');
  const cgm = bench.key('p1-cgm');
  assert.deepEqual(bench.replaced(), [], 'the first key of a thing that was never heard replaces none');
  assert.equal(bench.tell(cgm, 'p1-cgm', { glucose: 134 }), 'accepted');
  assert.equal(bench.tell(cgm, 'p1-cgm', { glucose: 135, battery: 90 }, YEARS), 'accepted');
  assert.equal(bench.tell(gateway, 'p1-handset', { carbRatio: 10 }), 'accepted');
  bench.pass(MINUTE);
  const renewed = bench.key('p1-cgm', 'renewed');
  assert.deepEqual(bench.replaced(), [{ thing: 'cgm' }]);
  assert.deepEqual([bench.twin().reported['cgm'], bench.twin().ahead], [undefined, {}]);
  assert.equal(bench.twin().reported['handset']?.['carbRatio']?.value, 10);
  assert.equal(bench.tell(renewed, 'p1-cgm', { glucose: 55 }, -HOUR), 'accepted');
  assert.equal(bench.twin().reported['cgm']?.['glucose']?.value, 55);
});

test('a_new_thing_begins_anew: one with a key, and one that is spoken for', () => {
  const bench = ward();
  const { fleet } = bench;
  const gateway = bench.key('p1-gateway');
  bench.tell(gateway, 'p1-handset', { carbRatio: 10 });
  bench.tell(bench.key('p1-cgm'), 'p1-cgm', { glucose: 134 });
  fleet.revokeThing('p1-cgm', 'staff', 'lost');
  fleet.revokeThing('p1-handset', 'staff', 'lost');
  assert.equal(bench.twin().reported['cgm']?.['glucose']?.value, 134, 'until there is another');
  bench.expect('p1-cgm-2', 'p1', 'cgm', 'glucose-monitor');
  fleet.redeemOffer('p1-cgm-2', OFFER.digest);
  bench.key('p1-cgm-2');
  fleet.expectThing({ ...bench.spokenFor, thing: 'p1-handset-2' });
  assert.deepEqual(bench.replaced(), [{ thing: 'cgm' }, { thing: 'handset' }]);
  assert.deepEqual(bench.twin().reported, {});
});

test('what is stated again of the same thing takes nothing away; the same name after a revocation does', () => {
  const bench = ward();
  const gateway = bench.key('p1-gateway');
  bench.tell(gateway, 'p1-handset', { carbRatio: 10 });
  bench.fleet.expectThing({ ...bench.spokenFor, thing: 'p1-handset' });
  assert.deepEqual(bench.replaced(), []);
  bench.fleet.noteConnection('p1-gateway', 'connected');
  bench.key('p1-gateway', 'renewed');
  assert.deepEqual(bench.replaced(), [{ thing: 'gateway' }]);
  assert.equal(bench.twin().reported['handset']?.['carbRatio']?.value, 10, 'it said that of another');
  bench.fleet.revokeThing('p1-handset', 'staff', 'lost');
  bench.fleet.expectThing({ ...bench.spokenFor, thing: 'p1-handset' });
  assert.deepEqual(bench.twin().reported, {});
});

test('its first stamp ahead is found at once, and no gap of its numbers is hidden', () => {
  const bench = ward();
  const cgm = bench.key('p1-cgm');
  const found = () =>
    bench.records.filter(({ kind }) => kind === 'FindingRaised').map(({ body }) => JSON.stringify(body));
  for (let turn = 0; turn < 40; turn += 1) {
    bench.pass(5 * MINUTE);
    bench.tell(cgm, 'p1-cgm', { glucose: 120 + (turn % 3) }, turn === 20 ? HOUR : 0);
  }
  assert.equal(found().filter((text) => text.includes('"ahead"')).length, 1);
  const renewed = bench.key('p1-cgm', 'renewed');
  bench.tell(renewed, 'p1-cgm', { glucose: 120 }, HOUR);
  assert.equal(found().filter((text) => text.includes('"ahead"')).length, 2);
  for (let lost = 0; lost < 4; lost += 1) renewed.seal(bench.report('p1-cgm', { glucose: 120 }));
  bench.tell(renewed, 'p1-cgm', { glucose: 121 });
  assert.equal(found().filter((text) => text.includes('"missing"')).length, 1);
});

test('a snapshot of a twin that knew nothing of stamps ahead is not taken up: history is replayed', () => {
  const bench = ward();
  const [saved] = bench.fleet.capture().subjects;
  const { state, ...rest } = decodeCanonical(saved!.encode(), SNAPSHOT_LIMIT) as { readonly state: CborObject };
  const { ahead: _, ...twin } = state['twin'] as CborObject;
  const again = bench.create();
  again.restore.platform(bench.fleet.capture().platform());
  const former = encodeCanonical({ ...rest, state: { ...state, twin } });
  assert.throws(() => again.restore.subject('p1', former), { code: 'snapshot.malformed' });
  again.restore.subject('p1', saved!.encode());
});

test('replay_agrees: history that is replayed gives the same twin and the same records', () => {
  const bench = ward();
  const gateway = bench.key('p1-gateway');
  let cgm = bench.key('p1-cgm');
  for (let turn = 0; turn < 30; turn += 1) {
    bench.pass(5 * MINUTE);
    bench.tell(cgm, 'p1-cgm', { glucose: 120 + turn }, [0, HOUR, -HOUR, 3 * MINUTE][turn % 4]);
    bench.tell(gateway, 'p1-handset', { carbRatio: 10 + turn / 10 });
    if (turn % 9 === 8) cgm = bench.key('p1-cgm', `key-${turn}`);
    bench.fleet.tick();
  }
  assert.equal(bench.replaced().length, 3);
  const again = bench.create();
  const replay = again.replay();
  for (const [position, record] of [...bench.records].entries()) replay.feed(record, position);
  assert.deepEqual(replay.end(), { records: bench.records.length, differences: 0 });
  assert.deepEqual(encodeTwin(again.subject('p1')!.twin), encodeTwin(bench.twin()));
});
