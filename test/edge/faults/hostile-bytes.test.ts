// About 15 s.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from '#base/bytes';
import { encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { MINUTE } from '#base/time';
import type { Live } from '#edge/live/live';
import { openStore } from '#edge/store/open-store';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { encodeContent } from '#model/thing/content';
import { MESSAGE_LIMIT, sealContent } from '#model/thing/envelope';
import type { Message } from '#model/thing/message';
import type { Receipt, Transport } from '#platform/fleet/receive';
import { QUIET } from '../../assure/monitor/observations.ts';
import { admitWard, type DeviceBench, keyThing, SETTINGS, START, WARD_ROLES } from '../live/live-bench.ts';
import { type LiveBench, liveBenches } from '../live/live-benches.ts';
import { assertSameState, holdAgainstHistory, messageKey, partsOf, rootKeysOf } from './held-against-history.ts';
import { anyAcknowledgement, anyContent, anyKind, anyReport, mutated, type Speaker } from './hostile-message.ts';

/** Greatest sealed record of a refusal, in bytes: what a stranger can make history grow by with one message. */
const REFUSAL_BYTES = 700;

const opened = liveBenches();

const seed = Number(process.env['WARDTWIN_SEED'] ?? Date.now() % 0x7fffffff);
console.log(`seed ${seed}: WARDTWIN_SEED=${seed} node --test test/edge/faults/hostile-bytes.test.ts`);
const runs = (numRuns: number) => ({ numRuns, seed, endOnFailure: true });

const GATEWAY: Transport = { thing: 'p1-gateway', proven: true, redelivered: false };
const receive = (live: Live, bytes: Uint8Array, transport: Transport = GATEWAY): Promise<Receipt> =>
  live.act((fleet) => fleet.receive(bytes, transport));
const twinOf = (live: Live, subject = 'p1'): string => toHex(encodeTwin(live.fleet.subject(subject)!.twin));

let refusedSoFar = 0;

/** A refusal changes no twin and is one small record. */
async function assertRefused(bench: LiveBench, bytes: Uint8Array, transport: Transport = GATEWAY): Promise<Receipt> {
  const { live } = bench;
  // minutes pass, so that each is recorded on its own (`refusal-budget.ts`)
  refusedSoFar += 1;
  if (refusedSoFar % 10 === 0) await live.act((fleet) => fleet.tick());
  const before = ['p1', 'p2'].map((subject) => twinOf(live, subject));
  const from = live.history.size;
  const receipt = await receive(live, bytes, transport);
  assert.notEqual(receipt.outcome, 'accepted');
  assert.deepEqual(
    ['p1', 'p2'].map((subject) => twinOf(live, subject)),
    before,
    'the twin is byte-equal',
  );
  const kinds: string[] = [];
  for await (const found of live.history.range(from, live.history.size)) {
    if (found.kind === 'read') kinds.push(found.record.kind);
  }
  assert.equal(kinds[0], 'MessageRefused', receipt.outcome);
  assert.equal(kinds.filter((kind) => kind === 'MessageRefused').length, 1);
  return receipt;
}

async function wardsOf(bench: LiveBench): Promise<{ readonly devices: DeviceBench; readonly others: DeviceBench }> {
  const devices = await admitWard(bench.live, 'p1');
  const others = await admitWard(bench.live, 'p2');
  for (const ward of [devices, others]) {
    await ward.tell('cgm', { glucose: 120 });
    await ward.tell('pump', QUIET.pump);
    await ward.tell('handset', { ...QUIET.handset, glucoseUsed: 120 });
  }
  return { devices, others };
}

/** A device's key in the hands of the test: whoever took the device over can seal what they like. */
async function takeOver(live: Live, thing: string) {
  const { uplink } = await keyThing(live, thing);
  // beyond the numbers of the key before, so that a number names one message
  let sequence = 10;
  return {
    seal: (kind: Message['kind'], content: Uint8Array) => {
      const key = messageKey(thing, sequence);
      sequence += 1;
      return { key, bytes: sealContent(kind, content, uplink, sequence - 1) };
    },
  };
}

const speakerOf = (role: keyof typeof WARD_ROLES): Speaker => ({
  thing: `p1-${role}`,
  model: SETTINGS.thingModels.get(WARD_ROLES[role])!,
});

test('no_key_no_word: whatever is done to a sealed message, it is refused on record and the twin is as it was', async () => {
  const bench = await opened();
  const { devices } = await wardsOf(bench);
  const genuine = devices.seal('pump', QUIET.pump);
  const other = devices.seal('cgm', { glucose: 100 });
  await fc.assert(
    fc.asyncProperty(mutated(genuine, other), async (bytes) => {
      if (toHex(bytes) === toHex(genuine) || toHex(bytes) === toHex(other)) return;
      bench.pass(1_000);
      await assertRefused(bench, bytes);
    }),
    runs(1_500),
  );
  assert.equal((await receive(bench.live, genuine)).outcome, 'accepted', 'nothing of it moved the window');
  assert.equal((await receive(bench.live, other)).outcome, 'accepted');
});

test('no_key_no_word: bytes of any kind, of any size', async () => {
  const bench = await opened();
  const { devices } = await wardsOf(bench);
  await fc.assert(
    fc.asyncProperty(anyContent, async (bytes) => {
      await assertRefused(bench, bytes);
    }),
    runs(500),
  );
  const genuine = devices.seal('pump', QUIET.pump);
  for (const length of [0, 1, MESSAGE_LIMIT, MESSAGE_LIMIT + 1, 10 * 1_048_576]) {
    const bytes = new Uint8Array(length);
    bytes.set(genuine.subarray(0, length));
    const { outcome } = await assertRefused(bench, bytes);
    if (length > MESSAGE_LIMIT) assert.equal(outcome, 'too-large');
  }
});

test('a device that was taken over seals what it likes: what is no message is refused, and its number is used up', async () => {
  const bench = await opened();
  await wardsOf(bench);
  const { seal } = await takeOver(bench.live, 'p1-cgm');
  await fc.assert(
    fc.asyncProperty(anyKind, anyContent, async (kind, content) => {
      const { bytes } = seal(kind, content);
      const { outcome } = await assertRefused(bench, bytes);
      assert.ok(['malformed', 'wrong-content', 'too-large', 'not-spoken-for'].includes(outcome), outcome);
      assert.equal((await assertRefused(bench, bytes)).outcome, 'replayed');
    }),
    runs(500),
  );
});

test('a device that was taken over says extreme things well-formed: judged, recorded, and rebuilt byte for byte', async () => {
  const bench = await opened();
  const { live } = bench;
  await wardsOf(bench);
  const keys = new Map<string, Awaited<ReturnType<typeof takeOver>>>();
  const roles = Object.keys(WARD_ROLES) as (keyof typeof WARD_ROLES)[];
  for (const role of roles) keys.set(role, await takeOver(live, `p1-${role}`));
  const sent = new Set(['p1', 'p2'].flatMap((one) => ['cgm', 'pump', 'handset'].map((role) => `${one}-${role} 0`)));
  const acknowledged = new Set(sent);
  const outcomes = new Map<string, number>();
  const anything = fc.constantFrom(...roles).chain((role) => {
    const report = anyReport(speakerOf(role), START);
    const message: fc.Arbitrary<Message> = fc.oneof(
      { weight: 6, arbitrary: report },
      { weight: 1, arbitrary: anyAcknowledgement(speakerOf(role), START) },
      {
        weight: 1,
        arbitrary: fc
          .array(report, { minLength: 1, maxLength: 4 })
          .map((reports): Message => ({ kind: 'Bundle', reports })),
      },
    );
    return message.map((one) => ({ role, message: one }));
  });
  await fc.assert(
    fc.asyncProperty(anything, fc.integer({ min: 0, max: 10 * MINUTE }), async ({ role, message }, passed) => {
      const content = encodable(message);
      if (content === undefined) return;
      const { key, bytes } = keys.get(role)!.seal(message.kind, content);
      sent.add(key);
      bench.pass(passed);
      const { outcome } = await receive(live, bytes);
      if (outcome === 'accepted') acknowledged.add(key);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (passed % 3 === 0) await live.act((fleet) => ({ effects: fleet.tick() }));
      // whatever it did to the state, the state can be kept
      for (const { encode } of live.fleet.capture().subjects) encode();
    }),
    runs(1_500),
  );
  // reports that fit their Thing Model, and answers to commands that nobody gave: both were seen
  for (const outcome of ['accepted', 'unknown-command'])
    assert.ok((outcomes.get(outcome) ?? 0) > 15, JSON.stringify([...outcomes]));
  const told = { acknowledged, sent, permitted: new Set<string>(), dispatched: new Set<string>() };
  const { rebuilt } = await holdAgainstHistory(keptAt(bench), told);
  assertSameState(partsOf(live.fleet), rebuilt);
});

const encodable = (message: Message): Uint8Array | undefined => {
  try {
    return encodeContent(message);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
};

const keptAt = ({ location, directory }: LiveBench) => ({
  location,
  rootKeys: rootKeysOf(directory),
  origin: 'test/history',
  version: 'test',
  settings: SETTINGS,
});

test('replayed_means_refused: over a restart from kept state, from history alone, and after new keys', async () => {
  let bench = await opened();
  const { devices } = await wardsOf(bench);
  const messages = [1, 2, 3, 4].map((glucose) => devices.seal('cgm', { glucose: 100 + glucose }));
  for (const bytes of [messages[3]!, messages[1]!])
    assert.equal((await receive(bench.live, bytes)).outcome, 'accepted');
  const outcomes = async (): Promise<readonly string[]> => {
    const seen: string[] = [];
    for (const bytes of [messages[3]!, messages[1]!]) seen.push((await assertRefused(bench, bytes)).outcome);
    return seen;
  };
  assert.deepEqual(await outcomes(), ['replayed', 'replayed']);
  const reopen = async (version: string): Promise<void> => {
    const { directory } = bench;
    await bench.live.close();
    bench = await opened({ directory, now: bench.now() + MINUTE, version });
  };
  await reopen('test');
  assert.deepEqual(await outcomes(), ['replayed', 'replayed']);
  // one that was on its way all the time comes after the restart, once
  assert.equal((await receive(bench.live, messages[0]!)).outcome, 'accepted');
  await reopen('another version, which starts from history alone');
  assert.deepEqual(await outcomes(), ['replayed', 'replayed']);
  assert.equal((await assertRefused(bench, messages[0]!)).outcome, 'replayed');
  await keyThing(bench.live, 'p1-cgm');
  for (const bytes of messages) assert.equal((await assertRefused(bench, bytes)).outcome, 'not-authentic');
  await reopen('test');
  for (const bytes of messages) assert.equal((await assertRefused(bench, bytes)).outcome, 'not-authentic');
});

test('one_device_one_voice: by the connection of another, about another, after revocation', async () => {
  const bench = await opened();
  const { live } = bench;
  const { devices } = await wardsOf(bench);
  const of = (thing: string): Transport => ({ thing, proven: true, redelivered: false });
  assert.equal(
    (await assertRefused(bench, devices.seal('cgm', { glucose: 100 }), of('p2-gateway'))).outcome,
    'wrong-path',
  );
  assert.equal(
    (await assertRefused(bench, devices.seal('cgm', { glucose: 100 }), of('p1-pump'))).outcome,
    'wrong-path',
  );
  const { seal } = await takeOver(live, 'p1-gateway');
  for (const thing of ['p2-cgm', 'p1-pump', 'nobody']) {
    const report = {
      kind: 'Report',
      thing,
      sentAt: START,
      measurements: [{ name: 'glucose', value: 100, at: START }],
    } as const;
    const { bytes } = seal('Bundle', encodeContent({ kind: 'Bundle', reports: [report] }));
    assert.equal((await assertRefused(bench, bytes)).outcome, 'not-spoken-for');
  }
  const late = devices.seal('pump', QUIET.pump);
  await live.act((fleet) => fleet.revokeThing('p1-pump', 'staff', 'lost'));
  assert.equal((await assertRefused(bench, late)).outcome, 'revoked');
  const { directory } = bench;
  await live.close();
  const again = await opened({ directory, now: bench.now() + MINUTE });
  assert.equal((await assertRefused(again, late)).outcome, 'revoked');
});

test('a stranger makes history grow by little for each message, whatever its size', async () => {
  const bench = await opened();
  const { live, location } = bench;
  await wardsOf(bench);
  const from = live.history.size;
  const far: Transport = { proven: false, redelivered: false };
  const { seal } = await takeOver(live, 'p1-cgm');
  const name = 'x'.repeat(64);
  for (const bytes of [
    new Uint8Array(MESSAGE_LIMIT).fill(0x9f),
    new Uint8Array(MESSAGE_LIMIT * 64),
    seal('Report', new Uint8Array(MESSAGE_LIMIT - 200).fill(0x78)).bytes,
    seal('Acknowledgement', encodeCanonical({ at: 1, thing: name, outcome: 'y'.repeat(16_000), commandId: name }))
      .bytes,
  ]) {
    await receive(live, bytes, far);
  }
  const store = await openStore(location, 'reading');
  for await (const page of store.records(from, await store.size())) {
    for (const { kind, sealed } of page) {
      if (kind === 'MessageRefused') assert.ok(sealed.length <= REFUSAL_BYTES, `${sealed.length} bytes`);
    }
  }
  await store.close();
});
