import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuardPolicy } from '#assure/guard/policy';
import { MINUTE } from '#base/time';
import { loadApprovalPolicy, loadGuardPolicy } from '#edge/catalog/laboratory';
import type { ThingValue } from '#model/thing/message';
import type { Requester } from '#platform/command';
import { createFleetBench, OFFER } from './fleet/fleet-bench.ts';

const PERMIT = { outcome: 'permit', determinedBy: ['clinician'], reasons: [] } as const;
const REFUSE = { outcome: 'refuse', determinedBy: ['credential'], reasons: [] } as const;
const person = (id: string): Requester => ({
  id,
  kind: 'person',
  credential: `session/${id}`,
  epoch: 1,
  authorization: PERMIT,
});
const ONE = person('one');
const TWO = person('two');

/** Whatever any policy could list: each action permitted without a single check. */
const EVERYTHING: GuardPolicy = loadGuardPolicy('open');
const ACTIONS: readonly (readonly [string, string, Readonly<Record<string, ThingValue>>])[] = [
  ['pump', 'bolus', { units: 1 }],
  ['pump', 'suspend', {}],
  ['pump', 'resume', {}],
  ['pump', 'setTemporaryBasal', { rate: 1, durationMin: 30 }],
  ['pump', 'setBasalProfile', { rates: new Array<number>(24).fill(1) }],
  ['pump', 'fallBackToSafeBasal', { durationMin: 30 }],
  ['pump', 'revokeLink', { peer: 'remote' }],
  ['handset', 'alert', { text: 'look' }],
];

function ward() {
  const bench = createFleetBench({ guardPolicy: EVERYTHING, approvals: loadApprovalPolicy() });
  const { fleet } = bench;
  fleet.admitSubject('p1', 'ward-1');
  bench.expect('p1-pump', 'p1', 'pump', 'insulin-pump');
  bench.expect('p1-handset', 'p1', 'handset', 'handset');
  for (const thing of ['p1-pump', 'p1-handset']) {
    fleet.redeemOffer(thing, OFFER.digest);
    bench.key(thing);
  }
  const ask = (thing: string, action: string, input: Readonly<Record<string, ThingValue>> = {}, by = ONE) =>
    fleet.request('p1', by, { thing, action, input });
  /** A command that waits for a second person. */
  const waiting = () => {
    const answer = ask('pump', 'bolus', { units: 7 });
    assert.equal(answer.outcome, 'awaiting-approval');
    return answer.id!;
  };
  const approve = (id: string, by = TWO, asker: Requester['authorization'] = PERMIT) =>
    fleet.approve('p1', by, id, true, asker);
  return { bench, fleet, ask, waiting, approve };
}

test('the_switch_stops_all: every action of every device, whatever the policy lists', () => {
  for (const scope of [undefined, 'ward-1']) {
    for (const [thing, action, input] of ACTIONS) {
      const { fleet, ask } = ward();
      fleet.setKillSwitch(true, 'staff', 'drill', scope);
      const answer = ask(thing, action, input);
      assert.deepEqual([answer.outcome, answer.determinedBy, answer.effects], ['refused', ['kill-switch'], []], action);
      fleet.setKillSwitch(false, 'staff', 'over', scope);
      assert.notEqual(ask(thing, action, input).outcome, 'refused', action);
    }
  }
});

test('the switch of another ward stops nothing here', () => {
  const { fleet, ask } = ward();
  fleet.setKillSwitch(true, 'staff', 'drill', 'ward-2');
  assert.equal(ask('handset', 'alert', { text: 'look' }).outcome, 'permitted');
});

test('the switch stops what waited: an approval does not undo it', () => {
  const { fleet, waiting, approve } = ward();
  const id = waiting();
  fleet.setKillSwitch(true, 'staff', 'drill');
  const answer = approve(id);
  assert.deepEqual([answer.outcome, answer.determinedBy, answer.effects], ['refused', ['kill-switch'], []]);
});

test('revoked_takes_nothing: no action of a device whose key was taken, also not one that waited', () => {
  for (const [thing, action, input] of ACTIONS) {
    const { fleet, ask } = ward();
    fleet.revokeThing(`p1-${thing}`, 'staff', 'lost');
    const answer = ask(thing, action, input);
    assert.deepEqual([answer.outcome, answer.determinedBy], ['refused', ['dispatch']], action);
  }
  const { fleet, waiting, approve } = ward();
  const id = waiting();
  fleet.revokeThing('p1-pump', 'staff', 'lost');
  assert.deepEqual(approve(id).determinedBy, ['dispatch']);
});

test('meant_for_one_device: what waited for a pump does not go to the one that took its place', () => {
  const { bench, fleet, waiting, approve } = ward();
  const id = waiting();
  fleet.revokeThing('p1-pump', 'staff', 'replaced');
  bench.expect('p1-pump-2', 'p1', 'pump', 'insulin-pump');
  fleet.redeemOffer('p1-pump-2', OFFER.digest);
  bench.key('p1-pump-2');
  assert.deepEqual(approve(id).determinedBy, ['dispatch']);
});

test('forgotten_is_nobody: no command for a subject that was forgotten, and no approval of one that waited', () => {
  const { fleet, ask, waiting, approve } = ward();
  const id = waiting();
  fleet.forget('p1');
  assert.throws(() => ask('handset', 'alert', { text: 'look' }), { code: 'fleet.unknown-subject' });
  assert.throws(() => approve(id), { code: 'fleet.unknown-subject' });
});

test('only_a_person: no program gives a second person’s word, whatever it was permitted', () => {
  const { waiting, approve } = ward();
  const id = waiting();
  const program: Requester = { ...TWO, kind: 'program', credential: 'token/t' };
  assert.deepEqual(approve(id, program).determinedBy, ['two-person-rule']);
  assert.deepEqual(approve(id, ONE).determinedBy, ['two-person-rule']);
  assert.deepEqual(approve(id, { ...TWO, authorization: REFUSE }).determinedBy, ['credential']);
  assert.equal(approve(id).outcome, 'permitted');
});

test('rights_hold_when_it_happens: who may not ask any more has asked for nothing', () => {
  const { bench, fleet, waiting, approve } = ward();
  const id = waiting();
  const answer = approve(id, TWO, REFUSE);
  assert.deepEqual([answer.outcome, answer.determinedBy, answer.effects], ['refused', ['requester'], []]);
  assert.equal(bench.kinds().includes('CommandDispatched'), false);
  // it is over with: a right that comes back does not bring back what was asked for
  assert.equal(approve(id).outcome, 'refused');
  const life = fleet.subject('p1')!.commands.find((one) => one.id === id)!;
  assert.deepEqual([life.status, life.credential, life.epoch], ['refused', 'session/one', 1]);
});

test('in_time_only: an approval after the wait is over is none, also before the minute notices', () => {
  const { bench, fleet, waiting, approve } = ward();
  const [early, late, declined] = [waiting(), waiting(), waiting()];
  const wait = loadApprovalPolicy().waitMin * MINUTE;
  const no = fleet.approve('p1', TWO, declined, false, PERMIT);
  assert.equal(no.outcome, 'refused');
  bench.pass(wait);
  assert.equal(approve(early).outcome, 'permitted', 'just in time');
  bench.pass(1);
  assert.equal(approve(late).outcome, 'refused', 'just too late');
  fleet.tick();
  const statusOf = (id: string) => fleet.subject('p1')!.commands.find((life) => life.id === id)!.status;
  assert.deepEqual([early, late, declined].map(statusOf), ['dispatched', 'declined', 'declined']);
});

test('as_the_model_says: a command that no Thing Model admits reaches no device, whoever asks', () => {
  const { ask } = ward();
  for (const [thing, action, input] of [
    ['pump', 'alert', { text: 'look' }],
    ['handset', 'bolus', { units: 1 }],
    ['pump', 'bolus', {}],
    ['pump', 'bolus', { units: 25.1 }],
    ['pump', 'bolus', { units: 1, more: 1 }],
    ['pump', 'suspend', { durationMin: 1 }],
    ['pump', 'revokeLink', { peer: 'gateway' }],
    ['handset', 'alert', { text: 'x'.repeat(201) }],
  ] as const) {
    const answer = ask(thing, action, input);
    const expected = action === 'alert' && thing === 'handset' ? ['form'] : ['thing-model'];
    assert.deepEqual([answer.outcome, answer.determinedBy], ['refused', expected], `${thing} ${action}`);
  }
});
