import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CborObject } from '#base/canonical';
import { MINUTE } from '#base/time';
import { createFleetBench, OFFER } from './fleet-bench.ts';

/** By a broker of others: whose topic a message came by is only a claim. */
const FOREIGN = { proven: false, redelivered: false } as const;
const JUNK = Uint8Array.of(0);

function enrolled() {
  const bench = createFleetBench();
  bench.fleet.admitSubject('p1', 'ward-1');
  for (const [thing, role, model] of [
    ['p1-cgm', 'cgm', 'glucose-monitor'],
    ['p1-pump', 'pump', 'insulin-pump'],
  ] as const) {
    bench.expect(thing, 'p1', role, model);
    bench.fleet.redeemOffer(thing, OFFER.digest);
  }
  const refusals = () => bench.records.filter(({ kind }) => kind === 'MessageRefused');
  return { ...bench, refusals, cgm: bench.key('p1-cgm'), pump: bench.key('p1-pump') };
}

test('flood_bounded: who sends without a key fills no history, and is counted to the last message', () => {
  const bench = enrolled();
  const { fleet, refusals } = bench;
  for (let count = 0; count < 2_000; count += 1) {
    assert.equal(fleet.receive(JUNK, { ...FOREIGN, thing: 'p1-cgm' }).outcome, 'malformed');
    assert.equal(fleet.receive(JUNK, { ...FOREIGN, thing: `nobody-${count}` }).outcome, 'malformed');
  }
  assert.equal(refusals().length, 20 + 300);
  fleet.tick();
  const late = refusals()
    .slice(320)
    .map(({ subject, body }) => [subject, (body as CborObject)['detail']]);
  assert.deepEqual(late, [
    ['p1', '`1980` more like this were not recorded one by one'],
    ['platform', '`1700` more like this were not recorded one by one'],
  ]);
  fleet.tick();
  assert.equal(refusals().length, 322);
});

test('flood_hides_nothing: a flood of one kind or of one thing leaves the refusals of others where they were', () => {
  const { fleet, refusals, report, cgm, pump } = enrolled();
  const reading = cgm.seal(report('p1-cgm', { glucose: 120 }));
  const battery = pump.seal(report('p1-pump', { battery: 90 }));
  for (const bytes of [reading, battery]) assert.equal(fleet.receive(bytes, FOREIGN).outcome, 'accepted');
  for (let count = 0; count < 200; count += 1) fleet.receive(JUNK, { ...FOREIGN, thing: 'p1-cgm' });
  for (let count = 0; count < 200; count += 1) assert.equal(fleet.receive(reading, FOREIGN).outcome, 'replayed');
  const before = refusals().length;
  assert.equal(fleet.receive(battery, FOREIGN).outcome, 'replayed');
  assert.equal(refusals().length, before + 1);
  const next = cgm.seal(report('p1-cgm', { glucose: 121 }));
  assert.equal(fleet.receive(next, FOREIGN).outcome, 'accepted');
});

test('used_up_is_on_record: a genuine message that came for the first time is never left out', () => {
  const { fleet, refusals, report, cgm } = enrolled();
  for (let count = 0; count < 100; count += 1) {
    const { outcome } = fleet.receive(cgm.seal(report('p1-cgm', { glucose: 1e9 })), FOREIGN);
    assert.equal(outcome, 'value-out-of-model');
  }
  assert.equal(refusals().length, 100);
});

test('replay_agrees: what was not recorded was not judged either', () => {
  const { fleet, records, create, pass, report, pump } = enrolled();
  const genuine = pump.seal(report('p1-pump', { battery: 90 }));
  const altered = genuine.with(-1, genuine.at(-1)! ^ 1);
  for (let minute = 0; minute < 3; minute += 1) {
    for (let count = 0; count < 50; count += 1) fleet.receive(altered, FOREIGN);
    pass(MINUTE);
    fleet.tick();
  }
  const again = create();
  const replay = again.replay();
  for (const [position, record] of [...records].entries()) replay.feed(record, position);
  assert.equal(replay.end().differences, 0);
  assert.deepEqual(again.subject('p1'), fleet.subject('p1'));
});
