import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_SUBJECTS } from '#platform/fleet/enrol';
import { createFleetBench, OFFER, START } from './fleet-bench.ts';

const DIRECT = { proven: true, redelivered: false } as const;

function admitted() {
  const bench = createFleetBench();
  bench.fleet.admitSubject('p1', 'ward-1');
  bench.fleet.admitSubject('p2', 'ward-1');
  bench.expect('p1-cgm', 'p1', 'cgm', 'glucose-monitor');
  return bench;
}

test('granted_once: an offer is good for one certificate, in time, with its own token', () => {
  const bench = admitted();
  const { fleet } = bench;
  assert.equal(fleet.redeemOffer('p1-cgm', 'cd'.repeat(32)), 'unknown');
  assert.equal(fleet.redeemOffer('nobody', OFFER.digest), 'unknown');
  assert.equal(fleet.redeemOffer('p1-cgm', OFFER.digest), 'granted');
  assert.equal(fleet.redeemOffer('p1-cgm', OFFER.digest), 'used');
  bench.expect('p1-pump', 'p1', 'pump', 'insulin-pump');
  bench.pass(OFFER.expiresAt - START + 1);
  assert.equal(fleet.redeemOffer('p1-pump', OFFER.digest), 'expired');
});

test('default_refuse: what is not expected, certified and keyed is not heard', () => {
  const bench = admitted();
  const { fleet } = bench;
  fleet.redeemOffer('p1-cgm', OFFER.digest);
  assert.equal(fleet.isCertified('p1-cgm', 'aa'), false);
  fleet.certified('p1-cgm', { serial: 'aa', notAfter: START + 1e9 });
  assert.equal(fleet.isCertified('p1-cgm', 'aa'), true);
  assert.equal(fleet.isCertified('p1-cgm', 'bb'), false);
  const endpoint = bench.key('p1-cgm');
  const transport = { ...DIRECT, thing: 'p1-cgm' };
  assert.equal(fleet.receive(endpoint.seal(bench.report('p1-cgm', { glucose: 120 })), transport).outcome, 'accepted');
  assert.equal(fleet.subject('p1')!.twin.reported['cgm']!['glucose']!.value, 120);
  const foreign = endpoint.seal(bench.report('p2-cgm', { glucose: 120 }));
  assert.equal(fleet.receive(foreign, transport).outcome, 'not-spoken-for');
});

test('revoked_means_refused: at once, for certificate and messages, until enrolled anew', () => {
  const bench = admitted();
  const { fleet } = bench;
  fleet.redeemOffer('p1-cgm', OFFER.digest);
  fleet.certified('p1-cgm', { serial: 'aa', notAfter: START + 1e9 });
  const endpoint = bench.key('p1-cgm');
  const transport = { ...DIRECT, thing: 'p1-cgm' };
  const seal = () => endpoint.seal(bench.report('p1-cgm', { glucose: 120 }));
  const before = seal();
  fleet.revokeThing('p1-cgm', 'staff', 'lost');
  assert.equal(fleet.isCertified('p1-cgm', 'aa'), false);
  assert.equal(fleet.receive(before, transport).outcome, 'revoked');
  bench.expect('p1-cgm', 'p1', 'cgm', 'glucose-monitor');
  assert.equal(fleet.redeemOffer('p1-cgm', OFFER.digest), 'granted');
  assert.equal(fleet.isCertified('p1-cgm', 'aa'), false, 'the old certificate stays revoked');
  assert.notEqual(fleet.receive(seal(), transport).outcome, 'accepted', 'the old key is gone');
  const renewed = bench.key('p1-cgm', 'renewed');
  assert.equal(fleet.receive(renewed.seal(bench.report('p1-cgm', { glucose: 99 })), transport).outcome, 'accepted');
});

test('latest_token_wins: who enrols anew takes the place of whoever still has an earlier certificate', () => {
  const bench = admitted();
  const { fleet } = bench;
  fleet.redeemOffer('p1-cgm', OFFER.digest);
  fleet.certified('p1-cgm', { serial: 'aa', notAfter: START + 1e9 });
  bench.expect('p1-cgm', 'p1', 'cgm', 'glucose-monitor');
  fleet.redeemOffer('p1-cgm', OFFER.digest);
  fleet.certified('p1-cgm', { serial: 'bb', notAfter: START + 1e9 });
  assert.equal(fleet.isCertified('p1-cgm', 'aa'), false);
  assert.equal(fleet.isCertified('p1-cgm', 'bb'), true);
});

test('no_certificate_after_revocation: one that was being made for a device that was revoked meanwhile is none', () => {
  const bench = admitted();
  const { fleet } = bench;
  fleet.redeemOffer('p1-cgm', OFFER.digest);
  fleet.revokeThing('p1-cgm', 'staff', 'lost');
  const before = bench.records.length;
  const certify = (): void => fleet.certified('p1-cgm', { serial: 'aa', notAfter: START + 1e9 });
  assert.throws(certify, { code: 'fleet.unknown-thing' });
  assert.equal(bench.records.length, before);
});

test('no_claim_ahead: nobody speaks for, or carries, a thing that another subject will have', () => {
  for (const [via, speaksFor] of [
    ['p2-pump', []],
    [undefined, ['p2-pump']],
  ] as const) {
    const bench = admitted();
    const { fleet } = bench;
    const wish = { thing: 'p1-pump', subject: 'p1', role: 'pump', model: 'insulin-pump' };
    fleet.expectThing({ ...wish, ...(via === undefined ? {} : { via }), speaksFor });
    assert.throws(() => bench.expect('p2-pump', 'p2', 'pump', 'insulin-pump'), { code: 'fleet.known-thing' });
    bench.expect('p2-pump-2', 'p2', 'pump', 'insulin-pump');
  }
});

test('one_name_one_place: a thing keeps its subject, role and model; a role has one thing', () => {
  const bench = admitted();
  const refuses = (code: string, act: () => void): void => assert.throws(act, { code });
  refuses('fleet.known-thing', () => bench.expect('p1-cgm', 'p2', 'cgm', 'glucose-monitor'));
  refuses('fleet.known-thing', () => bench.expect('p1-cgm', 'p1', 'pump', 'insulin-pump'));
  refuses('fleet.role-taken', () => bench.expect('p1-other', 'p1', 'cgm', 'glucose-monitor'));
  refuses('fleet.unknown-model', () => bench.expect('p1-x', 'p1', 'x', 'x-ray'));
  refuses('fleet.unknown-subject', () => bench.expect('p3-cgm', 'p3', 'cgm', 'glucose-monitor'));
  refuses('fleet.bad-thing', () => bench.expect('P1', 'p1', 'x', 'gateway'));
  refuses('fleet.bad-thing', () => bench.expect('p2-cgm', 'p2', 'cgm', 'glucose-monitor', 'p1-cgm'));
  refuses('fleet.known-subject', () => bench.fleet.admitSubject('p1', 'ward-2'));
  refuses('fleet.bad-subject', () => bench.fleet.admitSubject('platform', 'ward-2'));
  refuses('fleet.kind', () => bench.fleet.record('EnrolmentRevoked', 'platform', {}));
  const before = bench.records.length;
  assert.deepEqual(bench.kinds().slice(before), [], 'a refusal leaves no record and no state');
});

test('wrong_path: a device hands in its own messages and those of things that are reached through it', () => {
  const bench = admitted();
  const { fleet } = bench;
  bench.expect('p1-gateway', 'p1', 'gateway', 'gateway');
  bench.expect('p2-gateway', 'p2', 'gateway', 'gateway');
  bench.expect('p1-pump', 'p1', 'pump', 'insulin-pump', 'p1-gateway');
  for (const thing of ['p1-gateway', 'p2-gateway', 'p1-pump']) fleet.redeemOffer(thing, OFFER.digest);
  const pump = bench.key('p1-pump');
  const by = (thing: string) =>
    fleet.receive(pump.seal(bench.report('p1-pump', { battery: 90 })), { ...DIRECT, thing }).outcome;
  assert.equal(by('p1-gateway'), 'accepted');
  assert.equal(by('p1-pump'), 'accepted');
  assert.equal(by('p2-gateway'), 'wrong-path');
  assert.equal(bench.kinds().at(-1), 'MessageRefused');
});

test('counters_go_on: a pump enrolled anew takes commands, and none from before', () => {
  const bench = createFleetBench();
  const { fleet } = bench;
  fleet.admitSubject('p1', 'ward-1');
  bench.expect('p1-pump', 'p1', 'pump', 'insulin-pump');
  fleet.redeemOffer('p1-pump', OFFER.digest);
  bench.key('p1-pump');
  const requester = {
    id: 'c',
    kind: 'person',
    credential: 'session/test',
    epoch: 0,
    authorization: { outcome: 'permit', determinedBy: [], reasons: [] },
  } as const;
  const suspend = () => fleet.request('p1', requester, { thing: 'pump', action: 'suspend', input: {} });
  const first = suspend();
  fleet.revokeThing('p1-pump', 'staff', 'lost');
  assert.equal(suspend().outcome, 'refused', 'a revoked thing takes no commands');
  bench.expect('p1-pump', 'p1', 'pump', 'insulin-pump');
  fleet.redeemOffer('p1-pump', OFFER.digest);
  const renewed = bench.key('p1-pump', 'renewed');
  const second = suspend();
  assert.deepEqual([first.outcome, second.outcome], ['permitted', 'permitted'], JSON.stringify(second.reasons));
  const bytes = (answer: typeof first) =>
    answer.effects[0]?.kind === 'dispatch' ? answer.effects[0].bytes : assert.fail();
  assert.equal(renewed.openCommand(bytes(first)).kind, 'EnvelopeRefusal');
  const opened = renewed.openCommand(bytes(second));
  assert.ok(opened.kind !== 'EnvelopeRefusal');
  assert.ok(renewed.snapshot().commandCounter > 0);
});

test('bounded: no more subjects than can be mirrored, and room again for each that is forgotten', () => {
  const { fleet } = createFleetBench();
  for (let subject = 0; subject < MOST_SUBJECTS; subject += 1) fleet.admitSubject(`p${subject}`, 'ward-1');
  assert.throws(() => fleet.admitSubject('one-more', 'ward-1'), { code: 'fleet.too-many-subjects' });
  fleet.forget('p7');
  fleet.admitSubject('one-more', 'ward-1');
});
