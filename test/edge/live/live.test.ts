import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '#base/bytes';
import { MINUTE } from '#base/time';
import { verifyConsistency, verifyInclusion } from '#crypto/merkle-log';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { createTwin } from '#mirror/twin/twin';
import { SEVERITIES } from '#model/hazard/severity';
import type { CommandLife } from '#platform/command-life';
import type { SubjectEntry, ThingEntry } from '#platform/fleet/registry';
import { QUIET } from '../../assure/monitor/observations.ts';
import { commissionFor, laboratory } from '../../simulate/exercise/laboratory-bench.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { admitWard, type DeviceBench, SETTINGS } from './live-bench.ts';
import { type LiveBench, liveBenches } from './live-benches.ts';

const CLINICIAN = {
  id: 'clinician-1',
  kind: 'person',
  credential: 'session/test',
  epoch: 0,
  authorization: { outcome: 'permit', determinedBy: ['clinician'], reasons: [] },
} as const;
const PERMIT = CLINICIAN.authorization;
const OTHER = { ...CLINICIAN, id: 'clinician-2' } as const;

const commissioned = commissionFor(laboratory.wards.get('closed-loop-home')!);

const opened = liveBenches();

/** Five minutes of all devices. */
async function quiet(bench: LiveBench, devices: DeviceBench, glucose: number): Promise<void> {
  bench.pass(5 * MINUTE);
  await devices.tell('cgm', { glucose });
  await devices.tell('pump', QUIET.pump);
  await devices.tell('handset', { ...QUIET.handset, glucoseUsed: glucose });
  await bench.live.act((fleet) => ({ effects: fleet.tick() }));
}

/** A story with most of what can happen. Returns what every part of the state was at its end. */
async function liveThrough(bench: LiveBench, devices: DeviceBench): Promise<void> {
  const { live } = bench;
  const { subject } = devices;
  for (const glucose of [150, 152, 149]) await quiet(bench, devices, glucose);
  const first = devices.seal('cgm', { glucose: 151 });
  await devices.send(first);
  await devices.send(first);
  await devices.send(first, true);
  await devices.send(new Uint8Array([1, 2, 3]));
  const suspend = { thing: 'pump', action: 'suspend', input: {} };
  const { id } = await live.act((fleet) => fleet.request(subject, CLINICIAN, suspend));
  await live.act((fleet) => fleet.request(subject, CLINICIAN, { thing: 'pump', action: 'resume', input: {} }));
  await devices.acknowledge('pump', id!, 'done');
  const refused = {
    ...CLINICIAN,
    authorization: { outcome: 'refuse', determinedBy: ['x'], reasons: [{ statement: 'no' }] },
  } as const;
  await live.act((fleet) => fleet.request(subject, refused, { thing: 'pump', action: 'bolus', input: { units: 1 } }));
  await live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'drill'));
  await live.act((fleet) => fleet.request(subject, CLINICIAN, { thing: 'pump', action: 'suspend', input: {} }));
  await live.act((fleet) => fleet.setKillSwitch(false, 'staff', 'drill over'));
  await live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'for a while', 'ward-9'));
  for (const glucose of [80, 60, 45]) await quiet(bench, devices, glucose);
  await live.act((fleet) => ({ effects: fleet.audited({ kind: 'tampered', reason: 'altered', firstBad: 3 }) }));
  bench.pass(10 * MINUTE);
  await live.act((fleet) => ({ effects: fleet.tick() }));
}

const stateOf = ({ live }: LiveBench): string => {
  const capture = live.fleet.capture();
  return [capture.platform(), ...capture.subjects.map(({ encode }) => encode())].map(toHex).join('\n');
};

test('what was lived through is rebuilt from history byte for byte, and from a snapshot too', async () => {
  const bench = await opened();
  const devices = await admitWard(bench.live, 'p1');
  await admitWard(bench.live, 'p2');
  await liveThrough(bench, devices);
  const kinds = new Set<string>();
  for await (const found of bench.live.history.range(0, bench.live.history.size)) {
    if (found.kind === 'read') kinds.add(found.record.kind);
  }
  for (const kind of ['MessageReceived', 'MessageRefused', 'CommandDispatched', 'CommandTimedOut', 'FindingRaised']) {
    assert.ok(kinds.has(kind), kind);
  }
  const before = stateOf(bench);
  const { directory } = bench;
  const at = bench.now();
  await bench.live.close();

  const fromSnapshot = await opened({ directory, now: at });
  assert.equal(stateOf(fromSnapshot), before);
  await fromSnapshot.live.close();

  // another version does not trust the snapshot
  const fromHistory = await opened({ directory, now: at, version: 'other' });
  assert.equal(stateOf(fromHistory), before);
  assert.ok(!fromHistory.log.some((message) => message.includes('judged some records otherwise')));
});

test('a message is applied once: replayed, redelivered and foreign ones are refused on record', async () => {
  const bench = await opened();
  const devices = await admitWard(bench.live, 'p1');
  const other = await admitWard(bench.live, 'p2');
  const bytes = devices.seal('cgm', { glucose: 120 });
  assert.equal((await devices.send(bytes)).outcome, 'accepted');
  assert.equal((await devices.send(bytes)).outcome, 'replayed');
  assert.equal((await devices.send(bytes, true)).outcome, 'redelivered');
  assert.equal((await other.send(devices.seal('cgm', { glucose: 121 }))).outcome, 'wrong-path');
  const { directory } = bench;
  const at = bench.now();
  await bench.live.close();
  const again = await opened({ directory, now: at });
  const transport = { thing: 'p1-gateway', proven: true, redelivered: false };
  const receipt = await again.live.act((fleet) => fleet.receive(bytes, transport));
  assert.equal(receipt.outcome, 'replayed');
});

test('a command above the threshold waits for a second person, who is not the first', async () => {
  // what the made-up telemetry looks like to the monitor is not what is asked here
  const bench = await opened({ settings: { containment: false } });
  const { live } = bench;
  const devices = await admitWard(live, 'p1');
  await live.act((fleet) => fleet.commission('p1', commissioned, 'staff'));
  // The risk of a command is told once readings reach back far enough.
  for (let reading = 0; reading < 36; reading += 1) await quiet(bench, devices, 250 + (reading % 3));
  bench.pass(MINUTE);
  await devices.tell('handset', { ...QUIET.handset, glucoseUsed: 251, announcedCarbohydrates: 200 });
  const wish = { thing: 'pump', action: 'bolus', input: { units: 7 } };
  const answer = await live.act((fleet) => fleet.request('p1', { ...CLINICIAN, idempotencyKey: 'k' }, wish));
  assert.equal(answer.outcome, 'awaiting-approval', JSON.stringify(answer.reasons));
  const same = await live.act((fleet) => fleet.request('p1', { ...CLINICIAN, idempotencyKey: 'k' }, wish));
  assert.equal(same.id, answer.id);
  const own = await live.act((fleet) => fleet.approve('p1', CLINICIAN, answer.id!, true, PERMIT));
  assert.deepEqual([own.outcome, own.determinedBy], ['refused', ['two-person-rule']]);
  const approved = await live.act((fleet) => fleet.approve('p1', OTHER, answer.id!, true, PERMIT));
  assert.equal(approved.outcome, 'permitted', JSON.stringify(approved.reasons));
  const [effect] = approved.effects;
  assert.ok(effect?.kind === 'dispatch' && effect.thing === 'p1-pump');
  assert.equal((await devices.acknowledge('pump', approved.id!, 'done')).outcome, 'accepted');
  const life = live.fleet.subject('p1')!.commands.find(({ id }) => id === approved.id);
  assert.deepEqual([life?.status, life?.requester, life?.approver], ['done', 'clinician-1', 'clinician-2']);
});

/** What was known at an instant. */
interface Instant {
  readonly at: number;
  readonly twin: string | undefined;
  readonly commands: readonly CommandLife[];
  readonly subjects: readonly SubjectEntry[];
  readonly things: readonly ThingEntry[];
  readonly stops: { readonly thrown: boolean; readonly wards: ReadonlySet<string> };
}

const twinOf = ({ live }: LiveBench, subject: string): string | undefined => {
  const state = live.fleet.subject(subject);
  return state === undefined ? undefined : toHex(encodeTwin(state.twin));
};

const instantNow = (bench: LiveBench, subject: string): Instant => {
  const { registry, killSwitch, stoppedWards, subject: stateOf } = bench.live.fleet;
  return {
    at: bench.now(),
    twin: twinOf(bench, subject),
    commands: stateOf(subject)?.commands ?? [],
    subjects: [...registry.subjects.values()],
    things: [...registry.things.values()],
    stops: { thrown: killSwitch, wards: new Set(stoppedWards) },
  };
};

const instantOf = async ({ live: { history } }: LiveBench, subject: string, at: number): Promise<Instant> => {
  const [twin, registry] = [await history.twinAt(subject, at), await history.registryAt(at)];
  return {
    at,
    twin: twin === undefined ? undefined : toHex(encodeTwin(twin)),
    commands: await history.commandsAt(subject, at),
    subjects: [...registry.subjects.values()],
    things: [...registry.things.values()],
    stops: await history.stopsAt(at),
  };
};

test('the_past_is_what_it_was: twin, commands, registry and stops of every instant are what was known then', async () => {
  const settings = { containment: false, approvals: { ...SETTINGS.approvals!, approvalFrom: SEVERITIES[0]! } };
  const bench = await opened({ memory: createMemoryStore(), settings });
  const { live } = bench;
  const instants: Instant[] = [instantNow(bench, 'p1')];
  /** One step of the story, at an instant of its own. */
  const step = async (work: () => Promise<unknown>): Promise<void> => {
    bench.pass(MINUTE);
    await work();
    instants.push(instantNow(bench, 'p1'));
  };
  let devices: Awaited<ReturnType<typeof admitWard>>;
  const speak = async (glucose: number): Promise<void> => {
    await step(() => devices.tell('cgm', { glucose }));
    await step(() => devices.tell('pump', QUIET.pump));
    await step(() => devices.tell('handset', { ...QUIET.handset, glucoseUsed: glucose }));
    await step(() => live.act((fleet) => ({ effects: fleet.tick() })));
  };
  const ids = new Map<string, string>();
  const ask = (key: string, action: string): Promise<void> =>
    step(async () => {
      const wish = { thing: 'pump', action, input: {} };
      const answer = await live.act((fleet) => fleet.request('p1', { ...CLINICIAN, idempotencyKey: key }, wish));
      ids.set(key, answer.id!);
    });
  const decide = (key: string, approves: boolean): Promise<void> =>
    step(() => live.act((fleet) => fleet.approve('p1', OTHER, ids.get(key)!, approves, PERMIT)));
  const stop = (thrown: boolean, ward?: string): Promise<void> =>
    step(() => live.act((fleet) => fleet.setKillSwitch(thrown, 'staff', 'a drill', ward)));

  await step(() => admitWard(live, 'p0'));
  await step(async () => {
    devices = await admitWard(live, 'p1');
  });
  await step(async () => {
    const other = await admitWard(live, 'p2');
    await other.tell('cgm', { glucose: 300 });
  });
  for (const glucose of [97, 95, 96]) await speak(glucose);
  await step(() => live.act((fleet) => fleet.commission('p1', commissioned, 'staff')));
  await speak(98);
  await ask('k1', 'suspend');
  await decide('k1', true);
  await step(() => devices.acknowledge('pump', ids.get('k1')!, 'done'));
  await ask('k2', 'resume');
  await decide('k2', false);
  await speak(97);
  await ask('k3', 'suspend');
  await stop(true);
  await ask('k4', 'suspend');
  await stop(true, 'ward-1');
  await stop(false);
  await stop(true, 'ward-2');
  await stop(false, 'ward-1');
  await step(() => live.act((fleet) => fleet.noteConnection('p1-gateway', 'connected')));
  await step(() => live.act((fleet) => fleet.revokeThing('p2-pump', 'staff', 'lost')));
  await step(() => live.forget('p0'));
  await speak(99);

  const now = instants.at(-1)!;
  assert.deepEqual(
    new Set(instants.flatMap(({ commands }) => commands.map(({ status }) => status))),
    new Set(['awaiting-approval', 'dispatched', 'done', 'declined', 'refused']),
    'the story has most of what can become of a command',
  );
  for (const instant of instants) {
    const past = await instantOf(bench, 'p1', instant.at);
    assert.deepEqual(past, instant, `at ${(instant.at - instants[0]!.at) / MINUTE} min`);
  }
  const admitted = instants[2]!.at;
  assert.equal(await live.history.twinAt('p1', admitted - 1), undefined);
  assert.ok((await live.history.twinAt('p1', admitted)) !== undefined);
  assert.equal(await live.history.twinAt('nobody', now.at), undefined);
  assert.deepEqual((await live.history.commandsAt('p1', admitted)).length, 0);

  // who was forgotten has no past: nobody can read it
  const { at } = now;
  bench.pass(MINUTE);
  await live.forget('p2');
  assert.deepEqual(await live.history.commandsAt('p2', at), []);
  const twin = await live.history.twinAt('p2', at);
  assert.deepEqual(twin && encodeTwin(twin), encodeTwin(createTwin('p2')));
});

test('whatever is in history is provable, and a later history begins with an earlier one', async () => {
  const bench = await opened();
  const devices = await admitWard(bench.live, 'p1');
  const first = await bench.live.checkpoint();
  for (let turn = 0; turn < 80; turn += 1) await quiet(bench, devices, 120 + (turn % 9));
  const second = await bench.live.checkpoint();
  assert.ok(second.size > 256);
  for (const position of [0, 100, 255, 256, second.size - 1]) {
    const { leaf, path } = await bench.live.history.proveInclusion(position, second.size);
    assert.ok(verifyInclusion(leaf, position, second.size, path, second.root), `record ${position}`);
  }
  const path = await bench.live.history.proveConsistency(first.size, second.size);
  assert.ok(verifyConsistency(first.size, first.root, second.size, second.root, path));
  await assert.rejects(bench.live.history.proveInclusion(second.size + 100), { code: 'history.no-record' });
});

test('a forgotten subject cannot be read again, history stays whole, and nobody gets the name', async () => {
  const bench = await opened();
  const devices = await admitWard(bench.live, 'p1');
  await admitWard(bench.live, 'p2');
  await quiet(bench, devices, 140);
  await bench.live.forget('p1');
  assert.equal(bench.live.fleet.subject('p1'), undefined);
  const found = await bench.live.history.find({ subject: 'p1', limit: 100 });
  assert.ok(found.length >= 3 && found.every(({ kind }) => kind === 'forgotten'));
  await assert.rejects(
    bench.live.act((fleet) => fleet.admitSubject('p1', 'ward-1')),
    { code: 'fleet.known-subject' },
  );
  const { directory } = bench;
  const at = bench.now();
  await bench.live.close();
  const again = await opened({ directory, now: at, version: 'other' });
  assert.equal(again.live.status, 'open');
  assert.equal(again.live.fleet.subject('p1'), undefined);
  assert.ok(again.live.fleet.subject('p2') !== undefined);
});
