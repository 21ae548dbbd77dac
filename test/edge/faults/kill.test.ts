// 50 rounds on each store: about 70 s on two cores.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Random } from '#base/random';
import { SETTINGS } from '../live/live-bench.ts';
import { type Engine, POSTGRES, postgresSkipReason, SQLITE } from '../store/engine.ts';
import { createDeviceWard, type DeviceWard, type Parcel } from './device-ward.ts';
import { assertSameState, holdAgainstHistory } from './held-against-history.ts';
import { type PlatformChild, startPlatform } from './platform-child.ts';
import { ORIGIN, VERSION, wardTime } from './platform-words.ts';
import { repeatable, seeded } from './seed.ts';

const ROUNDS = 50;
/** Messages and requests on their way at once. */
const WINDOW = 48;
const SUBJECTS = ['p1', 'p2', 'p3'];
/** Every so many rounds the platform is stopped in order instead, so that the next start is from kept state. */
const ORDERLY = 8;
/** And all that was kept is held against all that was told. */
const LOOKED_AT = 25;

interface Request {
  readonly subject: string;
  readonly key: string;
  readonly action: 'suspend' | 'resume';
}

/** What is outside of the platform and outlives it. */
function createOutside(random: Random, now: () => number) {
  const wards = new Map(SUBJECTS.map((subject) => [subject, createDeviceWard(subject, random)]));
  const parcels = new Map<string, Parcel>();
  const requests = new Map<string, Request>();
  const told = {
    acknowledged: new Set<string>(),
    sent: new Set<string>(),
    permitted: new Set<string>(),
    dispatched: new Set<string>(),
  };
  let asked = 0;
  const post = (parcel: Parcel): Parcel => {
    told.sent.add(parcel.key);
    parcels.set(parcel.key, parcel);
    return parcel;
  };
  return {
    wards,
    told,
    parcels,
    requests,
    /** How messages that came again were taken. */
    again: { accepted: 0, redelivered: 0 },
    speak: (ward: DeviceWard): Parcel => post(ward.speak(random, now())),
    request: (subject: string): Request => {
      asked += 1;
      const request: Request = { subject, key: `k${asked}`, action: asked % 2 === 1 ? 'suspend' : 'resume' };
      requests.set(request.key, request);
      return request;
    },
    /** A command came to a device, which does it and says so. */
    obey: (subject: string, thing: string, bytes: Uint8Array): void => {
      const obeyed = wards.get(subject)!.obey(thing, bytes, now());
      assert.ok(obeyed !== undefined, `\`${thing}\` refused a command of its platform`);
      told.dispatched.add(`${subject} ${obeyed.commandId}`);
      post(obeyed.answer);
    },
  };
}

type Outside = ReturnType<typeof createOutside>;

async function handIn(platform: PlatformChild, outside: Outside, parcel: Parcel, again: boolean) {
  const { parcels, told } = outside;
  const outcome = await platform.ask({ kind: 'message', by: parcel.by, bytes: parcel.bytes.toBase64(), again });
  assert.ok(outcome === 'accepted' || (again && outcome === 'redelivered'), `\`${parcel.key}\`: ${outcome}`);
  if (again) outside.again[outcome] += 1;
  told.acknowledged.add(parcel.key);
  parcels.delete(parcel.key);
}

async function ask(platform: PlatformChild, { requests, told }: Outside, request: Request): Promise<void> {
  const { subject, key, action } = request;
  const [outcome, id] = (await platform.ask({ kind: 'command', subject, key, action })).split(' ');
  if (outcome === 'permitted') told.permitted.add(`${subject} ${id}`);
  requests.delete(key);
}

/** Keeps a window full, from what was left unanswered on, until it is told to stop. What is under way then stays so. */
function startLoad(platform: PlatformChild, outside: Outside, random: Random, wanted: number) {
  const { parcels, requests, wards } = outside;
  const answered = Promise.withResolvers<void>();
  const begun = new Set(parcels.keys());
  let answers = 0;
  let isStopped = false;
  const follow = (work: Promise<void>): void => {
    work.then(() => {
      answers += 1;
      if (answers >= wanted) answered.resolve();
      if (!isStopped) launch();
    }, answered.reject);
  };
  const launch = (): void => {
    const subject = SUBJECTS[random.integer(0, SUBJECTS.length - 1)]!;
    // what a device answers to a command goes before what it says of itself
    const waiting = [...parcels.values()].find(({ key }) => !begun.has(key));
    if (waiting === undefined && random.chance(0.02)) follow(platform.ask({ kind: 'minute' }).then(() => {}));
    else if (waiting === undefined && random.chance(0.05)) follow(ask(platform, outside, outside.request(subject)));
    else {
      const parcel = waiting ?? outside.speak(wards.get(subject)!);
      begun.add(parcel.key);
      follow(handIn(platform, outside, parcel, false));
    }
  };
  const unanswered = [...parcels.values()].map((parcel) => handIn(platform, outside, parcel, true));
  for (const work of [...unanswered, ...[...requests.values()].map((one) => ask(platform, outside, one))]) follow(work);
  for (let count = unanswered.length; count < WINDOW; count += 1) launch();
  return {
    answered: answered.promise,
    stop: (): void => {
      isStopped = true;
    },
  };
}

async function killRounds(engine: Engine, tell: (line: string) => void): Promise<void> {
  const { random, again } = seeded('kill.test.ts', tell);
  const place = await engine.newPlace();
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-kill-'));
  const directory = join(folder, 'data');
  const anchor = Date.now();
  const outside = createOutside(random.fork('outside'), wardTime(anchor));
  const dice = random.fork(engine.name);
  const keptAt = {
    location: place.location,
    rootKeys: join(directory, 'root-keys'),
    origin: ORIGIN,
    version: VERSION,
    settings: SETTINGS,
  };
  let platform: PlatformChild | undefined;
  const open = async (): Promise<PlatformChild> => {
    platform = await startPlatform({ directory, location: place.location, anchor, onDispatch: outside.obey });
    for (const ward of outside.wards.values()) ward.trust(platform.commandKey);
    return platform;
  };
  const look = async (running: PlatformChild) => {
    const parts = new Map<string, string>(JSON.parse(await running.ask({ kind: 'state' })));
    const held = await holdAgainstHistory(keptAt, outside.told);
    assertSameState(parts, held.rebuilt);
    return held;
  };
  try {
    await repeatable(again, async () => {
      const first = await open();
      for (const { subject, secrets } of outside.wards.values()) await first.ask({ kind: 'enrol', subject, secrets });
      await first.kill();
      for (let round = 1; round <= ROUNDS; round += 1) {
        const running = await open();
        if (round % LOOKED_AT === 0) await look(running);
        const load = startLoad(running, outside, dice, dice.integer(1, 150));
        await load.answered;
        // somewhere within a commit, or between two
        await new Promise((resolve) => setTimeout(resolve, dice.uniform(0, 6)));
        load.stop();
        if (round % ORDERLY === 0) await running.close();
        else await running.kill();
      }
      const { size, messages } = await look(await open());
      const { acknowledged, permitted, dispatched } = outside.told;
      const repeated = outside.again;
      tell(
        `${engine.name}: ${ROUNDS} rounds, ${size} records, ${messages} messages, ${acknowledged.size} acknowledged, ${repeated.accepted + repeated.redelivered} handed in again of which ${repeated.redelivered} were kept, ${permitted.size} commands permitted, ${dispatched.size} obeyed`,
      );
      assert.ok(permitted.size > 0 && dispatched.size > 0);
    });
  } finally {
    await platform?.kill();
    rmSync(folder, { recursive: true, force: true });
    await place.remove();
  }
}

test('no_message_lost, no_message_twice: killed at random moments on SQLite', (t) =>
  killRounds(SQLITE, (line) => t.diagnostic(line)));

test(
  'no_message_lost, no_message_twice: killed at random moments on PostgreSQL',
  { skip: await postgresSkipReason() },
  (t) => killRounds(POSTGRES, (line) => t.diagnostic(line)),
);
