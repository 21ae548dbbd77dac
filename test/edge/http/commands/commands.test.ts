import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MINUTE } from '#base/time';
import { QUIET } from '../../../assure/monitor/observations.ts';
import { commissionFor, laboratory } from '../../../simulate/exercise/laboratory-bench.ts';
import { type Asking, type HttpBench, openHttpBench } from '../http-bench.ts';

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
  for (const glucose of [101, 100, 102]) await quiet(bench, glucose);
});
after(() => bench.close());

async function quiet({ pass, ward }: HttpBench, glucose: number): Promise<void> {
  pass(5 * MINUTE);
  await ward.tell('cgm', { glucose });
  await ward.tell('pump', QUIET.pump);
  await ward.tell('handset', { ...QUIET.handset, glucoseUsed: glucose });
}

let keys = 0;
const newKey = (): string => {
  keys += 1;
  return `key-number-${keys}`;
};

const asking = (action: string, input: object, key = newKey()): Asking => ({
  method: 'POST',
  headers: { 'idempotency-key': key },
  body: { thing: 'pump', action, input },
});
const COMMANDS = '/api/v1/twins/p1/commands';

test('a command that is safe leaves for its device, and what becomes of it can be read', async () => {
  const answer = await bench.ask('clinician', COMMANDS, asking('suspend', {}));
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.json()['status'], 'dispatched');
  const place = String(answer.headers['location']);
  await bench.ward.acknowledge('pump', String(answer.json()['id']), 'done');
  const after = await bench.ask('clinician', place);
  assert.equal(after.json()['status'], 'done');
  await bench.ask('clinician', COMMANDS, asking('resume', {}));
});

test('default_refuse: what is not permitted is refused, recorded once, and says by which policy', async () => {
  const before = bench.live.history.size;
  const answer = await bench.ask('stranger', COMMANDS, asking('suspend', {}));
  assert.equal(answer.status, 403);
  assert.partialDeepStrictEqual(answer.json(), {
    type: 'urn:wardtwin:problem:refused',
    determinedBy: ['default-refuse'],
  });
  const found = await bench.live.history.find({ after: before - 1, limit: 10 });
  const kinds = found.flatMap((one) => (one.kind === 'read' ? [one.record.kind] : []));
  assert.equal(kinds.filter((kind) => kind === 'CommandRefused' || kind === 'AccessRefused').length, 1, kinds.join());
});

test('no_business_no_trace: whoever has nothing to do with a patient brings about no finding by asking', async () => {
  const before = bench.live.history.size;
  for (const name of ['stranger', 'auditor', 'engineer'] as const) {
    for (let time = 0; time < 4; time += 1) {
      assert.equal((await bench.ask(name, COMMANDS, asking('suspend', {}))).status, 403);
      assert.equal((await bench.ask(name, '/wot/things/p1-pump/actions/suspend', { method: 'POST' })).status, 403);
    }
  }
  const found = await bench.live.history.find({ after: before - 1, limit: 100, subject: 'p1' });
  assert.deepEqual(found, []);
  const refused = await bench.live.history.find({ after: before - 1, limit: 100, kinds: ['AccessRefused'] });
  const accounts = refused.map((one) => (one.kind === 'read' ? one.record.subject : ''));
  // those of the stranger are counted beside an earlier one
  for (const name of ['auditor', 'engineer']) assert.ok(accounts.includes(`account/account-${name}`), name);
});

test('commands of one account are bounded', async (context) => {
  const own = await openHttpBench({ limits: { commandsOfOne: { burst: 2, refill: 3_600_000 } } });
  context.after(() => own.close());
  const statuses: number[] = [];
  for (let time = 0; time < 3; time += 1)
    statuses.push((await own.ask('reader', COMMANDS, asking('suspend', {}))).status);
  assert.deepEqual(statuses, [403, 403, 429]);
  assert.equal((await own.ask('stranger', COMMANDS, asking('suspend', {}))).status, 403);
});

test('a subject that there is not cannot be told from one that is not yours', async () => {
  const [hidden, absent] = await Promise.all([
    bench.ask('stranger', '/api/v1/twins/p1/commands', asking('suspend', {})),
    bench.ask('stranger', '/api/v1/twins/p5/commands', asking('suspend', {})),
  ]);
  assert.deepEqual([hidden.status, absent.status], [403, 403]);
});

test('what the guard refuses is a problem with its reasons', async () => {
  const answer = await bench.ask('clinician', COMMANDS, asking('bolus', { units: 11 }));
  assert.equal(answer.status, 409, answer.text);
  const { type, reasons, determinedBy } = answer.json<{ type: string; reasons: string[]; determinedBy: string[] }>();
  assert.equal(type, 'urn:wardtwin:problem:command.refused');
  assert.ok(determinedBy.includes('dose-envelope'));
  assert.ok(reasons.length > 0);
});

test('once_only: the same key is the same command, and never another one', async () => {
  const key = newKey();
  const first = await bench.ask('clinician', COMMANDS, asking('suspend', {}, key));
  const again = await bench.ask('clinician', COMMANDS, asking('suspend', {}, key));
  assert.equal(first.json()['id'], again.json()['id']);
  const other = await bench.ask('clinician', COMMANDS, asking('resume', {}, key));
  assert.equal(other.status, 422);
  const without = await bench.ask('clinician', COMMANDS, {
    method: 'POST',
    body: { thing: 'pump', action: 'resume' },
  });
  assert.equal(without.json()['type'], 'urn:wardtwin:problem:no-idempotency-key');
  await bench.ask('clinician', COMMANDS, asking('resume', {}));
});

test('an input that the Thing Model does not know is refused before it is a command', async () => {
  const answer = await bench.ask('clinician', COMMANDS, asking('bolus', { units: 0.001, quickly: true }));
  assert.equal(answer.status, 400);
  assert.match(answer.text, /\/input\/quickly/);
  const unknown = await bench.ask('clinician', COMMANDS, asking('explode', {}));
  assert.equal(unknown.status, 404);
});

test('two_persons: a large bolus waits for somebody else, who signs in in person', async (context) => {
  const own = await openHttpBench();
  context.after(() => own.close());
  const identified = commissionFor(laboratory.wards.get('closed-loop-home')!);
  const model = { ...identified, basalProfile: QUIET.pump.basalProfile, carbRatio: QUIET.handset.carbRatio };
  await own.live.act((fleet) => fleet.commission('p1', model, 'staff'));
  // The risk of a command is told once readings reach back far enough.
  for (let reading = 0; reading < 36; reading += 1) await quiet(own, 250 + (reading % 3));
  own.pass(MINUTE);
  await own.ward.tell('handset', { ...QUIET.handset, glucoseUsed: 251, announcedCarbohydrates: 200 });
  const asked = await own.ask('clinician', COMMANDS, asking('bolus', { units: 7 }));
  assert.equal(asked.json()['status'], 'awaiting-approval', asked.text);
  const place = `${String(asked.headers['location'])}/approval`;
  const approve = { method: 'POST', body: { approve: true } } as const;
  const self = await own.ask('clinician', place, approve);
  assert.equal(self.status, 403);
  assert.deepEqual(self.json()['determinedBy'], ['people-only']);
  const cookie = await own.signIn('colleague');
  const forged = await own.ask(undefined, place, { ...approve, headers: { cookie, origin: 'https://evil.example' } });
  assert.equal(forged.status, 403);
  const headers = { cookie, origin: own.origin, 'wardtwin-request': '1' };
  const approved = await own.ask(undefined, place, { ...approve, headers });
  assert.equal(approved.status, 200, approved.text);
  assert.partialDeepStrictEqual(approved.json(), { status: 'dispatched', approver: 'account-colleague' });
  const late = await own.ask(undefined, place, { ...approve, headers });
  assert.equal(late.status, 409);
});

test('a thrown kill switch stops all commands; who may throw it may not release it', async () => {
  const thrown = await bench.ask('security', '/api/v1/kill-switch', {
    method: 'PUT',
    body: { thrown: true, reason: 'drill' },
  });
  assert.equal(thrown.status, 200, thrown.text);
  const stopped = await bench.ask('clinician', COMMANDS, asking('suspend', {}));
  assert.equal(stopped.status, 409);
  assert.ok(stopped.json<{ determinedBy: string[] }>().determinedBy.includes('kill-switch'));
  const release = { method: 'PUT', body: { thrown: false, reason: 'drill over' } } as const;
  assert.equal((await bench.ask('security', '/api/v1/kill-switch', release)).status, 403);
  const stale = { ...release, headers: { 'if-match': '"something else"' } };
  const cookie = await bench.signIn('root');
  const headers = { cookie, origin: bench.origin, 'wardtwin-request': '1' };
  const changed = await bench.ask(undefined, '/api/v1/kill-switch', {
    ...stale,
    headers: { ...stale.headers, ...headers },
  });
  assert.equal(changed.status, 412);
  const released = await bench.ask(undefined, '/api/v1/kill-switch', { ...release, headers });
  assert.deepEqual(released.json(), { thrown: false, wards: [] });
});

test('a clinician stops the commands of the own ward, of no other, and somebody else lets them pass again', async () => {
  const put = (body: object): Asking => ({ method: 'PUT', body: { reason: 'something is wrong', ...body } });
  const own = { thrown: true, ward: 'ward-1' };
  for (const refused of [{ thrown: true }, { ...own, ward: 'ward-9' }, { ...own, thrown: false }]) {
    assert.equal((await bench.ask('clinician', '/api/v1/kill-switch', put(refused))).status, 403);
  }
  const thrown = await bench.ask('clinician', '/api/v1/kill-switch', put(own));
  assert.deepEqual(thrown.json(), { thrown: false, wards: ['ward-1'] }, thrown.text);
  const stopped = await bench.ask('clinician', COMMANDS, asking('suspend', {}));
  assert.ok(stopped.json<{ determinedBy: string[] }>().determinedBy.includes('kill-switch'));
  assert.deepEqual((await bench.ask('stranger', '/api/v1/kill-switch')).json(), { thrown: false, wards: [] });
  assert.equal((await bench.ask('security', '/api/v1/kill-switch', put({ ...own, ward: 'ward-7' }))).status, 404);
  const cookie = await bench.signIn('root');
  const headers = { cookie, origin: bench.origin, 'wardtwin-request': '1' };
  const released = await bench.ask(undefined, '/api/v1/kill-switch', { ...put({ ...own, thrown: false }), headers });
  assert.deepEqual(released.json(), { thrown: false, wards: [] });
  const passed = await bench.ask('clinician', COMMANDS, asking('suspend', {}));
  assert.equal(passed.status, 202, passed.text);
});
