import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { MAX_LINK_PAYLOAD } from '#model/device/link/link-codec';
import { BUNDLE_HOLD, createReportBundler } from '#model/device/report-bundler';
import { decodeThingModel } from '#model/thing/decode-thing-model';
import { createEndpoint } from '#model/thing/endpoint';
import { MESSAGE_LIMIT } from '#model/thing/envelope';
import { type PropertyAffordance, type ThingModel, violationOf } from '#model/thing/thing-model';
import { createClosedLoop, ENROLMENTS } from './closed-loop.ts';
import { createFakeWard, LEGACY, MIDNIGHT, SECURED } from './fake-ward.ts';

test('with plain reports the gateway speaks for the devices; with sealed ones each speaks for itself', () => {
  for (const sealed of [false, true]) {
    const loop = createClosedLoop({ sealed, security: SECURED });
    loop.ward.runFor(20);
    const senders = new Map<string, Set<string>>();
    for (const { sender, content } of loop.uplink()) {
      senders.set(content.thing, (senders.get(content.thing) ?? new Set()).add(sender));
    }
    for (const thing of ['cgm', 'pump', 'handset']) {
      assert.deepEqual([...(senders.get(thing) ?? [])], [sealed ? thing : 'gateway']);
    }
    assert.deepEqual([...(senders.get('gateway') ?? [])], ['gateway']);
  }
});

const MODELS = { cgm: 'glucose-monitor', pump: 'insulin-pump', handset: 'handset', gateway: 'gateway' } as const;

test('every measurement of every device conforms to its Thing Model, and every property is reported', () => {
  const models: Readonly<Record<string, ThingModel>> = Object.fromEntries(
    Object.entries(MODELS).map(([thing, model]) => [
      thing,
      decodeThingModel(readCatalogFile<unknown>(join(catalogRoot, 'things', `${model}.yaml`), 'thing-model')),
    ]),
  );
  const reported = new Map<string, Set<string>>();
  for (const security of [LEGACY, SECURED]) {
    let glucose = 60;
    const loop = createClosedLoop({ security, defences: { lowGlucoseSuspend: true }, sense: () => (glucose += 7) });
    loop.handset.announceMeal(50);
    loop.ward.runFor(300);
    loop.pump.occlude(loop.ward.now());
    loop.ward.runFor(300);
    for (const { content } of loop.uplink()) {
      if (content.kind !== 'Report') continue;
      for (const { name, value } of content.measurements) {
        const property: PropertyAffordance | undefined = models[content.thing]?.properties.get(name);
        assert.notEqual(property, undefined, `${content.thing}.${name}`);
        assert.equal(violationOf(property!, value), undefined, `${content.thing}.${name} ${String(value)}`);
        reported.set(content.thing, (reported.get(content.thing) ?? new Set()).add(name));
      }
    }
  }
  for (const [thing, model] of Object.entries(models)) {
    assert.deepEqual([...(reported.get(thing) ?? [])].sort(), [...model.properties.keys()].sort());
  }
});

test('every device reports in every cycle, the gateway of itself less often, and none more often than there is reason to', () => {
  const loop = createClosedLoop({ sense: () => 120 });
  loop.ward.runFor(24 * 60);
  const countOf = (name: string): number => loop.uplink().filter(({ content }) => content.thing === name).length;
  for (const thing of ['cgm', 'pump', 'handset']) {
    assert.equal(countOf(thing) >= 286 && countOf(thing) <= 292, true, `${thing}: ${countOf(thing)}`);
  }
  assert.equal(countOf('gateway') >= 57 && countOf('gateway') <= 73, true, `gateway: ${countOf('gateway')}`);
});

test('the reports of one cycle leave as one message, none waits longer than the hold, and a new alarm does not wait', () => {
  let glucose = 120;
  const loop = createClosedLoop({ sense: () => glucose });
  loop.ward.runFor(60);
  const [first, ...rest] = loop.uplinkBytes();
  assert.ok(first !== undefined);
  assert.ok(rest.length >= 12 && rest.length <= 15, `${rest.length} messages in an hour`);
  const before = loop.uplink().length;
  glucose = 50;
  loop.ward.runFor(2.4);
  assert.equal(loop.uplink().length, before, 'the reading is not due yet');
  const sentBefore = loop.uplinkBytes().length;
  loop.ward.runTo(loop.ward.now() + 0.1 * MINUTE + BUNDLE_HOLD - 1);
  const alarms = loop
    .uplink()
    .slice(before)
    .flatMap(({ content }) => (content.kind === 'Report' ? content.measurements : []))
    .filter(({ name }) => name === 'alarmCondition');
  assert.ok(alarms.some(({ value }) => value === 'urgent-low-glucose'));
  assert.equal(loop.uplinkBytes().length, sentBefore + 1);
});

test('a bundle is sealed before it grows beyond what a message may be', () => {
  const sealed: number[] = [];
  const endpoint = {
    ...createEndpoint(ENROLMENTS.gateway),
    sealBundle: (reports: readonly Uint8Array[]) => {
      sealed.push(reports.reduce((sum, report) => sum + report.length, 0));
      return new Uint8Array();
    },
  };
  const { ports } = createFakeWard().device('gateway');
  const bundler = createReportBundler(endpoint, ports, () => {});
  const report = { kind: 'Report', thing: 'pump', sentAt: MIDNIGHT, measurements: [] } as const;
  for (let count = 0; count < 40; count += 1) bundler.add(report, new Uint8Array(MAX_LINK_PAYLOAD));
  for (let count = 0; count < 40; count += 1) bundler.add(report, new Uint8Array(40));
  assert.ok(sealed.length >= 7);
  assert.ok(sealed.every((bytes) => bytes < MESSAGE_LIMIT - 200));
});

test('while the uplink is down messages wait, the oldest are dropped first, and the rest leave in order', () => {
  const loop = createClosedLoop();
  loop.gateway.setUplink(false);
  const before = loop.uplinkBytes().length;
  loop.ward.runFor(48 * 60);
  assert.equal(loop.uplinkBytes().length, before);
  loop.gateway.setUplink(true);
  assert.equal(loop.uplinkBytes().length, before + 512);
  const waited = loop.uplink().filter(({ content }) => content.thing === 'cgm');
  const times = waited.map(({ content }) => (content.kind === 'Report' ? content.sentAt : 0));
  assert.deepEqual(
    times,
    [...times].sort((left, right) => left - right),
  );
  assert.equal(loop.ward.now() - times[0]! < 43 * 60 * MINUTE, true);
});

test('a tampered gateway rewrites plain reports and cannot read sealed ones', () => {
  const plain = createClosedLoop();
  plain.ward.runFor(1);
  plain.gateway.tamperReport((report) =>
    report.thing === 'cgm'
      ? {
          ...report,
          measurements: report.measurements.map((entry) =>
            entry.name === 'glucose' ? { ...entry, value: 111 } : entry,
          ),
        }
      : undefined,
  );
  const first = plain.uplink().length;
  plain.ward.runFor(20);
  const seen = plain
    .uplink()
    .slice(first)
    .filter(({ content }) => content.kind === 'Report' && content.thing !== 'gateway');
  assert.equal(
    seen.every(({ content }) => content.thing === 'cgm'),
    true,
  );
  const glucose = seen.map(({ content }) => (content.kind === 'Report' ? content.measurements[0]?.value : undefined));
  assert.deepEqual(glucose, [111, 111, 111, 111]);

  const sealed = createClosedLoop({ sealed: true });
  let offered = 0;
  sealed.gateway.tamperReport((report) => {
    offered += 1;
    return report;
  });
  sealed.ward.runFor(20);
  assert.equal(offered, 0);
  assert.equal(
    sealed.uplink().some(({ sender }) => sender === 'pump'),
    true,
  );
  sealed.gateway.dropRelayed(true);
  const before = sealed.uplink().length;
  sealed.ward.runFor(20);
  assert.equal(
    sealed
      .uplink()
      .slice(before)
      .every(({ sender }) => sender === 'gateway'),
    true,
  );
});
