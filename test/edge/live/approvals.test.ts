import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '#base/bytes';
import { MINUTE } from '#base/time';
import { SEVERITIES } from '#model/hazard/severity';
import type { CommandAnswer, Requester } from '#platform/command';
import type { Fleet } from '#platform/fleet/fleet';
import { QUIET } from '../../assure/monitor/observations.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { admitWard, type DeviceBench, SETTINGS } from './live-bench.ts';
import { type LiveBench, liveBenches } from './live-benches.ts';

const opened = liveBenches();

const permit = { outcome: 'permit', determinedBy: ['clinician'], reasons: [] } as const;
const PERSON = { kind: 'person', credential: 'session/test', epoch: 0 } as const;
const ASKS: Requester = { id: 'clinician-1', ...PERSON, authorization: permit };
const APPROVES: Requester = { id: 'clinician-2', ...PERSON, authorization: permit };
const NOT_PERMITTED: Requester = {
  id: 'clinician-3',
  ...PERSON,
  authorization: { outcome: 'refuse', determinedBy: ['own-ward'], reasons: [{ statement: 'not of this ward' }] },
};
/** Every command waits for a second person; what the made-up telemetry looks like to the monitor is not asked here. */
const settings = { containment: false, approvals: { ...SETTINGS.approvals!, approvalFrom: SEVERITIES[0]! } };
const WAIT = settings.approvals.waitMin * MINUTE;

/** Some minutes of all devices, so that the guard has what it decides on. */
async function quiet(bench: LiveBench, devices: DeviceBench): Promise<void> {
  for (const glucose of [96, 95, 97]) {
    bench.pass(5 * MINUTE);
    await devices.tell('cgm', { glucose });
    await devices.tell('pump', QUIET.pump);
    await devices.tell('handset', { ...QUIET.handset, glucoseUsed: glucose });
    await bench.live.act((fleet) => ({ effects: fleet.tick() }));
  }
}

const ask = ({ live }: LiveBench, subject: string, idempotencyKey: string, action = 'suspend') =>
  live.act((fleet) => fleet.request(subject, { ...ASKS, idempotencyKey }, { thing: 'pump', action, input: {} }));
const answer = ({ live }: LiveBench, subject: string, by: Requester, id: string, approves: boolean) =>
  live.act((fleet) => fleet.approve(subject, by, id, approves, permit));
const lifeOf = ({ live }: LiveBench, subject: string, id: string) =>
  live.fleet.subject(subject)!.commands.find((life) => life.id === id)!;
const told = ({ outcome, id, reasons, determinedBy }: Omit<CommandAnswer, 'effects'>) => ({
  outcome,
  id,
  reasons,
  determinedBy,
});
const stateOf = (fleet: Fleet): readonly (readonly [string, string])[] => {
  const { platform, subjects } = fleet.capture();
  return [['platform', toHex(platform())], ...subjects.map((one) => [one.subject, toHex(one.encode())] as const)];
};

test('approved, declined, lapsed and waiting commands are what they were after a restart, and so is the answer to who repeats a request', async () => {
  const memory = createMemoryStore();
  const bench = await opened({ memory, settings });
  const { live } = bench;
  const [approvedWard, declinedWard, lapsedWard, waitingWard] = [
    await admitWard(live, 'p1'),
    await admitWard(live, 'p2'),
    await admitWard(live, 'p3'),
    await admitWard(live, 'p4'),
  ];
  for (const devices of [approvedWard, declinedWard, lapsedWard, waitingWard]) await quiet(bench, devices);

  const wished = await ask(bench, 'p1', 'k1');
  assert.deepEqual([wished.outcome, wished.effects.length], ['awaiting-approval', 0], JSON.stringify(wished.reasons));
  const id = wished.id!;
  for (const [by, determinedBy, approves] of [
    [ASKS, ['two-person-rule'], true],
    [ASKS, ['two-person-rule'], false],
    [NOT_PERMITTED, ['own-ward'], true],
    [NOT_PERMITTED, ['own-ward'], false],
  ] as const) {
    const refused = await answer(bench, 'p1', by, id, approves);
    assert.deepEqual([refused.outcome, refused.determinedBy, refused.effects.length], ['refused', determinedBy, 0]);
    assert.equal(lifeOf(bench, 'p1', id).status, 'awaiting-approval', 'and it goes on waiting');
  }
  const approved = await answer(bench, 'p1', APPROVES, id, true);
  assert.deepEqual([approved.outcome, approved.id, approved.effects[0]?.kind], ['permitted', id, 'dispatch']);
  assert.equal((await answer(bench, 'p1', APPROVES, id, true)).outcome, 'refused', 'once');

  const other = await ask(bench, 'p2', 'k2');
  const declined = await answer(bench, 'p2', APPROVES, other.id!, false);
  assert.deepEqual([declined.outcome, declined.effects.length], ['refused', 0]);
  const { status, approver, reasons } = lifeOf(bench, 'p2', other.id!);
  assert.deepEqual(
    [status, approver, reasons],
    ['declined', 'clinician-2', [{ statement: 'declined by {approver}', values: { approver: 'clinician-2' } }]],
  );
  assert.equal((await answer(bench, 'p2', APPROVES, other.id!, true)).outcome, 'refused', 'a no is not taken back');

  const late = await ask(bench, 'p3', 'k3');
  bench.pass(WAIT);
  await live.act((fleet) => ({ effects: fleet.tick() }));
  assert.equal(lifeOf(bench, 'p3', late.id!).status, 'awaiting-approval', 'just in time');
  bench.pass(1);
  await live.act((fleet) => ({ effects: fleet.tick() }));
  assert.equal(lifeOf(bench, 'p3', late.id!).status, 'declined', 'nobody came');
  assert.equal((await answer(bench, 'p3', APPROVES, late.id!, true)).outcome, 'refused');

  await quiet(bench, waitingWard);
  const waiting = await ask(bench, 'p4', 'k4');
  assert.equal(waiting.outcome, 'awaiting-approval', JSON.stringify(waiting.reasons));
  const kinds = new Set(
    (await live.history.find({ limit: 10_000 })).map((one) => one.kind === 'read' && one.record.kind),
  );
  for (const kind of ['CommandAwaitsApproval', 'CommandApproved', 'CommandDeclined'] as const)
    assert.ok(kinds.has(kind));

  const repeat = async (at: LiveBench) => {
    const answers = [];
    for (const [subject, key] of [
      ['p1', 'k1'],
      ['p2', 'k2'],
      ['p3', 'k3'],
      ['p4', 'k4'],
    ] as const) {
      const before = at.live.history.size;
      const again = await ask(at, subject, key);
      assert.deepEqual([again.effects, at.live.history.size - before], [[], 0], 'nothing is done again');
      answers.push(told(again));
    }
    return answers;
  };
  const answers = await repeat(bench);
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['permitted', 'refused', 'refused', 'awaiting-approval'],
  );
  const state = stateOf(live.fleet);
  await live.close();

  memory.snapshots.clear();
  const again = await opened({ memory, settings, directory: bench.directory, now: bench.now() });
  const opening = again.told.find(({ message }) => message === 'history opened')!;
  assert.deepEqual(
    [opening.data['restoredFrom'], opening.data['differences']],
    [0, 0],
    'all of it was lived through again',
  );
  assert.deepEqual(stateOf(again.live.fleet), state);
  assert.deepEqual(await repeat(again), answers);
  for (const subject of ['p1', 'p2', 'p3', 'p4']) {
    assert.deepEqual(
      await again.live.history.commandsAt(subject, again.now()),
      again.live.fleet.subject(subject)!.commands,
      'what history tells of commands is what the command path keeps',
    );
  }

  const approvedNow = await answer(again, 'p4', APPROVES, waiting.id!, true);
  assert.equal(approvedNow.outcome, 'permitted', 'what waited before the restart can be approved after it');
});
