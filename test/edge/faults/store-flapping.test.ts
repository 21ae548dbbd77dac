// The store fails again and again under load: about 12 s.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CborValue } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Random } from '#base/random';
import type { Live } from '#edge/live/live';
import type { Fold } from '#edge/live/opened';
import { platformKeys } from '#edge/live/platform-keys';
import { parsePostgresUrl } from '#edge/store/postgres/postgres-location';
import { openLiveBench, SETTINGS } from '../live/live-bench.ts';
import { type Engine, onServer, type Place, POSTGRES, postgresSkipReason, SQLITE } from '../store/engine.ts';
import { createDeviceWard, type DeviceWard, type Parcel } from './device-ward.ts';
import { enrolWard } from './enrol-ward.ts';
import { createFaultyStore } from './faulty-store.ts';
import { assertSameState, holdAgainstHistory, partsOf, rootKeysOf } from './held-against-history.ts';
import { repeatable, seeded } from './seed.ts';

const SENDERS = 24;
const PER_SENDER = 150;
/** One commit in so many fails. */
const ONE_IN = 12;

const untilOpen = (live: Live): Promise<void> =>
  new Promise((resolve) => {
    if (live.status === 'open') resolve();
    else live.onStatus((status) => status === 'open' && resolve());
  });

/** Does it until it could be kept. */
async function insist<T>(live: Live, work: (again: boolean) => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work(tries > 0);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'live.unavailable') throw error;
      await untilOpen(live);
    }
  }
}

/** A part of the state that others fold from history. */
function createListing(): Fold & { readonly bodies: CborValue[] } {
  const bodies: CborValue[] = [];
  return {
    kinds: new Set(['EnrolmentRefused'] as const),
    bodies,
    reset: () => void bodies.splice(0),
    feed: ({ body }) => void bodies.push(body),
  };
}

async function flap(
  engine: Engine,
  interrupt: (place: Place, random: Random) => Promise<unknown> | undefined,
  tell: (line: string) => void,
): Promise<void> {
  const { random, again } = seeded('store-flapping.test.ts', tell);
  const dice = random.fork(engine.name);
  const place = await engine.newPlace();
  const faulty = createFaultyStore();
  const listing = createListing();
  // commands go on, whatever the made-up ward looks like
  const settings = { ...SETTINGS, containment: false };
  const bench = await openLiveBench({ location: place.location, wrapStore: faulty.wrap, folds: [listing], settings });
  const { live } = bench;
  const told = {
    acknowledged: new Set<string>(),
    sent: new Set<string>(),
    permitted: new Set<string>(),
    dispatched: new Set<string>(),
  };
  const ward: DeviceWard = createDeviceWard('p1', random.fork('devices'));
  const answers: Promise<void>[] = [];
  const interruptions: Promise<unknown>[] = [];
  const notes = new Set<number>();

  const handIn = async ({ key, by, bytes }: Parcel): Promise<void> => {
    told.sent.add(key);
    const { outcome } = await insist(live, (redelivered) =>
      live.act((fleet) => fleet.receive(bytes, { thing: by, proven: true, redelivered })),
    );
    assert.ok(outcome === 'accepted' || outcome === 'redelivered', `${key}: ${outcome}`);
    told.acknowledged.add(key);
  };
  const CLINICIAN = { id: 'clinician-1', kind: 'person', credential: 'session/test', epoch: 0 } as const;
  const ask = async (idempotencyKey: string, action: string): Promise<void> => {
    const authorization = { outcome: 'permit', determinedBy: ['clinician'], reasons: [] } as const;
    const { outcome, id } = await insist(live, () =>
      live.act((fleet) =>
        fleet.request('p1', { ...CLINICIAN, authorization, idempotencyKey }, { thing: 'pump', action, input: {} }),
      ),
    );
    if (outcome === 'permitted') told.permitted.add(`p1 ${id}`);
  };
  const send = async (sender: number): Promise<void> => {
    for (let count = 0; count < PER_SENDER; count += 1) {
      bench.pass(dice.integer(0, 2_000));
      const note = sender * PER_SENDER + count;
      // not all in one commit
      if (dice.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
      switch (dice.integer(0, 30)) {
        case 0:
          await ask(`k${note}`, count % 2 === 0 ? 'suspend' : 'resume');
          break;
        case 1:
          await insist(live, () => live.act((fleet) => fleet.record('EnrolmentRefused', 'platform', { note })));
          notes.add(note);
          break;
        case 2:
          await insist(live, () => live.act((fleet) => ({ effects: fleet.tick() })));
          break;
        default:
          await handIn(ward.speak(dice, bench.now()));
      }
    }
  };

  live.onEffect((effect) => {
    if (effect.kind !== 'dispatch') return;
    const obeyed = ward.obey(effect.thing, effect.bytes, bench.now());
    assert.ok(obeyed !== undefined);
    told.dispatched.add(`p1 ${obeyed.commandId}`);
    answers.push(handIn(obeyed.answer));
  });
  try {
    await repeatable(again, async () => {
      ward.trust(platformKeys({ find: live.secrets.find, keep: () => {} }).command[0]!.publicKey.bytes);
      await enrolWard(live, 'p1', ward.secrets);
      let failures = 0;
      faulty.decide = () => {
        if (!dice.chance(1 / ONE_IN)) return undefined;
        failures += 1;
        const interruption = interrupt(place, dice);
        if (interruption !== undefined) interruptions.push(interruption);
        return interruption === undefined ? (dice.chance(0.5) ? 'before' : 'after') : undefined;
      };
      await Promise.all(Array.from({ length: SENDERS }, (_, sender) => send(sender)));
      while (answers.length > 0) await Promise.all(answers.splice(0));
      await Promise.all(interruptions);
      faulty.decide = () => undefined;
      await insist(live, () => live.act((fleet) => ({ effects: fleet.tick() })));
      const kept = { location: place.location, rootKeys: rootKeysOf(bench.directory), origin: 'test/history' };
      const held = await holdAgainstHistory({ ...kept, version: 'test', settings }, told);
      assertSameState(partsOf(live.fleet), held.rebuilt);
      await live.close();
      await assertFolds(listing, bench.directory, place.location, notes);
      tell(
        `${engine.name}: ${failures} failures, ${faulty.opened} openings, ${held.size} records, ${held.messages} messages, ${told.permitted.size} commands permitted`,
      );
      assert.ok(failures > 5);
    });
  } finally {
    faulty.decide = () => undefined;
    await live.close();
    bench.remove();
    await place.remove();
  }
}

/** What others fold from history is what it was told, each once. */
async function assertFolds(
  listing: ReturnType<typeof createListing>,
  directory: string,
  location: string,
  notes: ReadonlySet<number>,
): Promise<void> {
  const again = await openLiveBench({ directory, location, folds: [listing], now: Date.UTC(2027, 0, 1) });
  await again.live.close();
  const folded = listing.bodies.map((body) => (body as { readonly note: number }).note);
  // one whose answer was lost was made again, and is there twice: nobody tells such records apart
  assert.deepEqual(new Set(folded), notes);
}

test('gone_and_back on SQLite: commits that kept nothing, and commits whose answer is lost', (t) =>
  flap(
    SQLITE,
    () => undefined,
    (line) => t.diagnostic(line),
  ));

/** Ends the session of the writer, on the server, in the middle of whatever it does. */
const endWriter = ({ location }: Place): Promise<unknown> =>
  onServer((client) =>
    client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
       AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('wardtwin writer ' || $1, 0)`,
      [parsePostgresUrl(location).schema],
    ),
  );

test('gone_and_back on PostgreSQL: sessions that the server ends too', { skip: await postgresSkipReason() }, (t) =>
  flap(
    POSTGRES,
    (place, random) => (random.chance(0.6) ? endWriter(place) : undefined),
    (line) => t.diagnostic(line),
  ),
);
