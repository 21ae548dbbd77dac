import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from '#base/bytes';
import { Fault } from '#base/fault';
import { MINUTE } from '#base/time';
import type { RecordStore } from '#mirror/history/record-store';
import { encodeTwin } from '#mirror/twin/encode-twin';
import type { Effect } from '#platform/effect';
import { QUIET } from '../assure/monitor/observations.ts';
import { commissionFor, laboratory, startWard } from '../simulate/exercise/laboratory-bench.ts';
import { createPlatformBench } from './platform-bench.ts';
import { rebuildTwin } from './rebuild-twin.ts';

/** Keeps so many records and then fails, before or after it kept the bytes. */
const failingAfter =
  (records: number, keepsTheLast: boolean) =>
  (inner: RecordStore): RecordStore => ({
    get size() {
      return inner.size;
    },
    append: (sealed) => {
      if (inner.size < records) {
        inner.append(sealed);
        return;
      }
      if (keepsTheLast) inner.append(sealed);
      throw new Fault('store.failed', 'store: disk full');
    },
    get: inner.get,
  });

/** A story with every kind of record that a platform makes: reports, a refusal, commands, an incident with its playbook. */
function liveThrough(bench: ReturnType<typeof createPlatformBench>, released: Effect[] = []): readonly Effect[] {
  const take = (effects: readonly Effect[]): void => void released.push(...effects);
  for (const glucose of [120, 100, 80]) {
    bench.pass(5 * MINUTE);
    take(bench.quiet(glucose));
  }
  take(bench.request('bolus', { units: 5 }).effects);
  take(bench.request('suspend').effects);
  take(bench.platform.ingest(new Uint8Array([1, 2, 3])));
  take(bench.platform.tick());
  bench.pass(5 * MINUTE);
  take(bench.quiet(82, { pump: { bolusDelivered: QUIET.pump.bolusDelivered + 10, lastBolus: 10 } }));
  take(bench.platform.tick());
  return released;
}

const whole = createPlatformBench();
const RELEASED = liveThrough(whole);
const RECORDS = whole.history.size;

test('the story is one in which everything happens', () => {
  const kinds = new Set(whole.records().map(({ kind }) => kind));
  for (const kind of [
    'MessageReceived',
    'MessageRefused',
    'FindingRaised',
    'IncidentDeclared',
    'ResponseTaken',
    'CommandRequested',
    'CommandRefused',
    'CommandPermitted',
    'CommandDispatched',
  ] as const) {
    assert.ok(kinds.has(kind), kind);
  }
  assert.ok(RELEASED.some(({ kind }) => kind === 'dispatch') && RELEASED.some(({ kind }) => kind === 'notify'));
});

test('record before state: wherever the store fails, the call fails and the twin is what the records say', () => {
  for (let records = 0; records < RECORDS; records += 1) {
    for (const keepsTheLast of [false, true]) {
      const bench = createPlatformBench({ store: failingAfter(records, keepsTheLast) });
      assert.throws(() => liveThrough(bench), { code: 'store.failed' });
      const rebuilt = encodeTwin(rebuildTwin(bench.history, 'patient'));
      assert.equal(toHex(encodeTwin(bench.platform.twin())), toHex(rebuilt), `after ${records} records`);
      const declared = bench.records('IncidentDeclared').length;
      assert.ok(bench.platform.incident().incidents.length <= declared, 'no incident without its record');
    }
  }
});

test('effects unreleased: no effect comes from a call whose records were not all kept', () => {
  for (let records = 0; records < RECORDS; records += 1) {
    const bench = createPlatformBench({ store: failingAfter(records, false) });
    const released: Effect[] = [];
    assert.throws(() => liveThrough(bench, released));
    const dispatched = bench.records('CommandDispatched').length;
    assert.ok(released.filter(({ kind }) => kind === 'dispatch').length <= dispatched);
    const taken = bench.records('ResponseTaken').length;
    assert.ok(released.filter(({ kind }) => kind === 'notify').length <= taken);
  }
});

test('after a failure of the store nothing more is taken in: it is opened again, with the next epoch', () => {
  const bench = createPlatformBench({ store: failingAfter(2, false) });
  assert.throws(() => liveThrough(bench), { code: 'store.failed' });
  const before = encodeTwin(bench.platform.twin());
  assert.throws(() => bench.quiet(150), { code: 'history.closed' });
  assert.throws(() => bench.request('suspend'), { code: 'history.closed' });
  assert.deepEqual(encodeTwin(bench.platform.twin()), before);
});

test('every refused message is recorded, bounded, and changes nothing of the twin', () => {
  const bench = createPlatformBench();
  bench.settle(150);
  const genuine = bench.sealReport('cgm', { glucose: 155 });
  const foreign = bench.sealReport('pump', { glucose: 155 });
  bench.platform.ingest(genuine);
  const before = encodeTwin(bench.platform.twin());
  const altered = fc.tuple(fc.nat(genuine.length - 1), fc.integer({ min: 1, max: 255 })).map(([place, change]) => {
    const bytes = genuine.slice();
    bytes[place]! ^= change;
    return bytes;
  });
  let refused = bench.records('MessageRefused').length;
  fc.assert(
    fc.property(
      fc.oneof(altered, fc.uint8Array({ maxLength: 300 }), fc.constantFrom(genuine, foreign, new Uint8Array(20_000))),
      (bytes) => {
        bench.platform.ingest(bytes);
        const records = bench.records('MessageRefused');
        refused += 1;
        assert.equal(records.length, refused);
        assert.ok((records.at(-1)!.body as { detail: string }).detail.length <= 200);
        assert.deepEqual(encodeTwin(bench.platform.twin()), before);
      },
    ),
    { numRuns: 60 },
  );
});

const home = laboratory.wards.get('closed-loop-home')!;
const commissioned = commissionFor(home);
const day = startWard({ ward: home, defences: laboratory.defenceSets.get('all')!, commissioned });
day.until(720);

test('replaying the history of a ward rebuilds its twin byte for byte, prediction included', () => {
  const twin = day.platform.platform.twin();
  assert.ok(twin.predicted !== undefined && day.history.size > 400);
  assert.equal(toHex(encodeTwin(rebuildTwin(day.history, 'patient', commissioned))), toHex(encodeTwin(twin)));
});

test('an edited record is found by the audit, named, and recorded; an intact store is not', () => {
  assert.equal(day.history.audit().kind, 'intact');
  const position = 17;
  assert.ok(day.points['store-insider'].rewrite(position, (body) => ({ ...body, sequence: 0 })));
  const { platform } = day.platform;
  platform.audit();
  const result = day.history.audit();
  assert.deepEqual([result.kind, 'firstBad' in result && result.firstBad], ['tampered', position]);
  assert.ok(day.platform.findings.some(({ rule }) => rule === 'history-tampering'));
  assert.throws(() => rebuildTwin(day.history, 'patient', commissioned), { code: 'history.tampered' });
  const last = [...day.history.range(position + 1, day.history.size)].flatMap((reading) =>
    reading.kind === 'read' ? [reading.record] : [],
  );
  const failed = last.find(({ kind }) => kind === 'AuditFailed');
  assert.deepEqual(failed?.body, { reason: 'altered', firstBad: position });
});
