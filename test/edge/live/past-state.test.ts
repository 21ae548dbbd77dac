import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { toHex } from '#base/bytes';
import { MINUTE } from '#base/time';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { createTwin } from '#mirror/twin/twin';
import { SEVERITIES } from '#model/hazard/severity';
import type { CommandLife } from '#platform/command-life';
import type { SubjectEntry, ThingEntry } from '#platform/fleet/registry';
import { QUIET } from '../../assure/monitor/observations.ts';
import { commissionFor, laboratory } from '../../simulate/exercise/laboratory-bench.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { admitWard, openLiveBench, SETTINGS } from './live-bench.ts';

const settings = { containment: false, approvals: { ...SETTINGS.approvals!, approvalFrom: SEVERITIES[0]! } };
const bench = await openLiveBench({ memory: createMemoryStore(), settings });
const { live } = bench;
after(async () => {
  await live.close();
  bench.remove();
});

const permit = { outcome: 'permit', determinedBy: ['clinician'], reasons: [] } as const;
const PERSON = { kind: 'person', credential: 'session/test', epoch: 0, authorization: permit } as const;
const asks = (idempotencyKey: string) => ({ id: 'clinician-1', ...PERSON, idempotencyKey });
const APPROVES = { id: 'clinician-2', ...PERSON };

/** What was known at an instant. */
interface Instant {
  readonly at: number;
  readonly twin: string | undefined;
  readonly commands: readonly CommandLife[];
  readonly subjects: readonly SubjectEntry[];
  readonly things: readonly ThingEntry[];
  readonly stops: { readonly thrown: boolean; readonly wards: ReadonlySet<string> };
}

const twinOf = (subject: string): string | undefined => {
  const state = live.fleet.subject(subject);
  return state === undefined ? undefined : toHex(encodeTwin(state.twin));
};

const instantNow = (subject: string): Instant => {
  const { registry, killSwitch, stoppedWards } = live.fleet;
  return {
    at: bench.now(),
    twin: twinOf(subject),
    commands: live.fleet.subject(subject)?.commands ?? [],
    subjects: [...registry.subjects.values()],
    things: [...registry.things.values()],
    stops: { thrown: killSwitch, wards: new Set(stoppedWards) },
  };
};

const instantOf = async (subject: string, at: number): Promise<Instant> => {
  const { history } = live;
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
  const instants: Instant[] = [instantNow('p1')];
  /** One step of the story, at an instant of its own. */
  const step = async (work: () => Promise<unknown>): Promise<void> => {
    bench.pass(MINUTE);
    await work();
    instants.push(instantNow('p1'));
  };
  let devices: Awaited<ReturnType<typeof admitWard>>;
  const quiet = async (glucose: number): Promise<void> => {
    await step(() => devices.tell('cgm', { glucose }));
    await step(() => devices.tell('pump', QUIET.pump));
    await step(() => devices.tell('handset', { ...QUIET.handset, glucoseUsed: glucose }));
    await step(() => live.act((fleet) => ({ effects: fleet.tick() })));
  };
  const ids = new Map<string, string>();
  const ask = (key: string, action: string): Promise<void> =>
    step(async () => {
      const wish = { thing: 'pump', action, input: {} };
      const answer = await live.act((fleet) => fleet.request('p1', asks(key), wish));
      ids.set(key, answer.id!);
    });
  const decide = (key: string, approves: boolean): Promise<void> =>
    step(() => live.act((fleet) => fleet.approve('p1', APPROVES, ids.get(key)!, approves, permit)));
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
  for (const glucose of [97, 95, 96]) await quiet(glucose);
  await step(() =>
    live.act((fleet) => fleet.commission('p1', commissionFor(laboratory.wards.get('closed-loop-home')!), 'staff')),
  );
  await quiet(98);
  await ask('k1', 'suspend');
  await decide('k1', true);
  await step(() => devices.acknowledge('pump', ids.get('k1')!, 'done'));
  await ask('k2', 'resume');
  await decide('k2', false);
  await quiet(97);
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
  await quiet(99);

  const now = instants.at(-1)!;
  assert.deepEqual(
    new Set(instants.flatMap(({ commands }) => commands.map(({ status }) => status))),
    new Set(['awaiting-approval', 'dispatched', 'done', 'declined', 'refused']),
    'the story has most of what can become of a command',
  );
  for (const instant of instants) {
    const past = await instantOf('p1', instant.at);
    assert.deepEqual(past, instant, `at ${(instant.at - instants[0]!.at) / MINUTE} min`);
  }
  const admitted = instants[2]!.at;
  assert.equal(await live.history.twinAt('p1', admitted - 1), undefined);
  assert.ok((await live.history.twinAt('p1', admitted)) !== undefined);
  assert.equal(await live.history.twinAt('nobody', now.at), undefined);
  assert.deepEqual((await live.history.commandsAt('p1', admitted)).length, 0);
});

test('who was forgotten has no past: nobody can read it', async () => {
  const at = bench.now();
  bench.pass(MINUTE);
  await live.forget('p2');
  assert.deepEqual(await live.history.commandsAt('p2', at), []);
  const twin = await live.history.twinAt('p2', at);
  assert.deepEqual(twin && encodeTwin(twin), encodeTwin(createTwin('p2')));
});
