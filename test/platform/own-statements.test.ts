import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amountWithin } from '#assure/guard/command-ledger';
import { HOUR, MINUTE } from '#base/time';
import { loadGuardPolicy } from '#edge/catalog/laboratory';
import type { Acknowledgement } from '#model/thing/message';
import { createFleetBench, OFFER } from './fleet/fleet-bench.ts';

const CLINICIAN = {
  id: 'clinician-1',
  kind: 'person',
  credential: 'session/1',
  epoch: 1,
  authorization: { outcome: 'permit', determinedBy: [], reasons: [] },
} as const;

/** A ward whose monitor, pump and gateway have keys of their own; the gateway speaks for the handset, and claims no more. */
function keyedWard() {
  const bench = createFleetBench({ guardPolicy: loadGuardPolicy('open') });
  const { fleet } = bench;
  fleet.admitSubject('p1', 'ward-1');
  bench.expect('p1-cgm', 'p1', 'cgm', 'glucose-monitor');
  bench.expect('p1-pump', 'p1', 'pump', 'insulin-pump');
  const gateway = { thing: 'p1-gateway', subject: 'p1', role: 'gateway', model: 'gateway' };
  fleet.expectThing({ ...gateway, speaksFor: ['p1-pump', 'p1-handset'] }, OFFER);
  bench.expect('p1-handset', 'p1', 'handset', 'handset');
  const ends = new Map(
    ['p1-cgm', 'p1-pump', 'p1-gateway', 'p1-handset'].map((thing) => {
      fleet.redeemOffer(thing, OFFER.digest);
      return [thing, bench.key(thing)];
    }),
  );
  const by = (sender: string, content: Acknowledgement) =>
    fleet.receive(ends.get(sender)!.seal(content), { thing: sender, proven: true, redelivered: false }).outcome;
  const answer = (sender: string, thing: string, commandId: string, outcome: Acknowledgement['outcome'] = 'refused') =>
    by(sender, { kind: 'Acknowledgement', thing, commandId, outcome, at: bench.now() });
  const suspend = () => {
    const { id, outcome } = fleet.request('p1', CLINICIAN, { thing: 'pump', action: 'suspend', input: {} });
    assert.equal(outcome, 'permitted');
    return id!;
  };
  const statusOf = (id: string) => fleet.subject('p1')!.commands.find((life) => life.id === id)?.status;
  return { bench, fleet, ends, answer, suspend, statusOf };
}

test('own_word_only: a device answers the commands that were given to it, and no other', () => {
  const { fleet, bench, answer, suspend, statusOf } = keyedWard();
  const id = suspend();
  const before = fleet.subject('p1')!;
  assert.equal(answer('p1-cgm', 'p1-cgm', id), 'foreign-command');
  assert.equal(answer('p1-handset', 'p1-handset', id), 'foreign-command');
  // a gateway speaks for the pump where reports are concerned; it cannot have opened what was sealed for it
  assert.equal(answer('p1-gateway', 'p1-pump', id), 'not-spoken-for');
  assert.equal(answer('p1-gateway', 'p1-gateway', id), 'foreign-command');
  assert.equal(answer('p1-pump', 'p1-pump', 'c1'), 'unknown-command');
  assert.equal(statusOf(id), 'dispatched');
  assert.deepEqual(fleet.subject('p1')!.ledger, before.ledger);
  assert.equal(fleet.subject('p1')!.twin.desired['pump']!['suspend']!.outcome, 'pending');
  assert.equal(bench.kinds().filter((kind) => kind === 'MessageRefused').length, 5);
  assert.equal(answer('p1-pump', 'p1-pump', id, 'done'), 'accepted');
  assert.equal(statusOf(id), 'done');
});

test('who speaks of another’s command is found, by its own role, and the other is not', () => {
  const { bench, ends, fleet, suspend } = keyedWard();
  const report = bench.report('p1-cgm', { glucose: 140 });
  fleet.receive(ends.get('p1-cgm')!.seal(report), { thing: 'p1-cgm', proven: true, redelivered: false });
  const content = {
    kind: 'Acknowledgement',
    thing: 'p1-cgm',
    commandId: suspend(),
    outcome: 'refused',
    at: 0,
  } as const;
  fleet.receive(ends.get('p1-cgm')!.seal(content), { thing: 'p1-cgm', proven: true, redelivered: false });
  const found = bench.records.filter(({ kind }) => kind === 'FindingRaised').map(({ body }) => body);
  assert.deepEqual(
    found.map((body) => {
      const { rule, thing, confidence } = body as Readonly<Record<string, unknown>>;
      return { rule, thing, confidence };
    }),
    [{ rule: 'authenticity-failure', thing: 'cgm', confidence: 'certain' }],
  );
});

test('a_new_device_answers_for_itself: not for the commands of the one that had the role before', () => {
  const { bench, fleet, answer, suspend, statusOf } = keyedWard();
  const id = suspend();
  fleet.revokeThing('p1-pump', 'staff', 'replaced');
  bench.expect('p1-pump-2', 'p1', 'pump', 'insulin-pump');
  fleet.redeemOffer('p1-pump-2', OFFER.digest);
  const end = bench.key('p1-pump-2');
  const content = { kind: 'Acknowledgement', thing: 'p1-pump-2', commandId: id, outcome: 'done', at: 0 } as const;
  const transport = { thing: 'p1-pump-2', proven: true, redelivered: false };
  assert.equal(fleet.receive(end.seal(content), transport).outcome, 'foreign-command');
  assert.equal(answer('p1-pump', 'p1-pump', id, 'done'), 'revoked');
  assert.equal(statusOf(id), 'dispatched');
});

test('said_once: a device that answered does not take its word back', () => {
  const { fleet, answer, suspend, statusOf } = keyedWard();
  const id = suspend();
  assert.equal(answer('p1-pump', 'p1-pump', id, 'done'), 'accepted');
  const { ledger } = fleet.subject('p1')!;
  assert.equal(answer('p1-pump', 'p1-pump', id, 'refused'), 'accepted');
  assert.equal(statusOf(id), 'done');
  assert.deepEqual(fleet.subject('p1')!.ledger, ledger);
});

test('names of commands are none that a device could make up', () => {
  const { suspend } = keyedWard();
  const names = [suspend(), suspend()];
  for (const name of names) assert.match(name, /^c[0-9a-z]{26}$/);
  assert.equal(new Set(names).size, 2);
});

/** A pump that was permitted two boluses of 2 [iU]. */
function boluses() {
  const ward = keyedWard();
  const bolus = () => {
    const answer = ward.fleet.request('p1', CLINICIAN, { thing: 'pump', action: 'bolus', input: { units: 2 } });
    assert.equal(answer.outcome, 'permitted');
    return answer.id!;
  };
  const ledger = () => ward.fleet.subject('p1')!.ledger;
  const amount = () => amountWithin(ledger(), '[iU]', ward.bench.now(), HOUR);
  return { ...ward, ids: [bolus(), bolus()] as const, ledger, amount };
}

test('what a pump did not carry out is delivered no more, and still one of the commands of the hour', () => {
  const { answer, ids, ledger, amount } = boluses();
  assert.equal(amount(), 4);
  answer('p1-pump', 'p1-pump', ids[0], 'refused');
  assert.equal(amount(), 2);
  assert.equal(ledger().commands.length, 2);
  answer('p1-pump', 'p1-pump', ids[1], 'done');
  assert.equal(amount(), 2);
});

test('an answer that was too late still tells what was delivered, once', () => {
  const { bench, fleet, answer, ids, amount } = boluses();
  bench.pass(4 * MINUTE);
  fleet.tick();
  const count = (kind: string) => bench.kinds().filter((one) => one === kind).length;
  assert.equal(count('CommandTimedOut'), 2);
  answer('p1-pump', 'p1-pump', ids[0], 'expired');
  assert.equal(amount(), 2);
  answer('p1-pump', 'p1-pump', ids[0], 'done');
  assert.equal(count('CommandAnsweredLate'), 1);
  assert.equal(amount(), 2);
});
