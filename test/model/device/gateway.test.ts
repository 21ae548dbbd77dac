import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { decodeThingModel } from '#model/thing/decode-thing-model';
import { type PropertyAffordance, type ThingModel, violationOf } from '#model/thing/thing-model';
import { createClosedLoop } from './closed-loop.ts';
import { LEGACY, SECURED } from './fake-ward.ts';

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

test('every device reports in every cycle, and not more often than there is reason to', () => {
  const loop = createClosedLoop({ sense: () => 120 });
  loop.ward.runFor(24 * 60);
  for (const thing of ['cgm', 'pump', 'handset', 'gateway']) {
    const count = loop.uplink().filter(({ content }) => content.thing === thing).length;
    assert.equal(count >= 286 && count <= 292, true, `${thing}: ${count}`);
  }
});

test('while the uplink is down messages wait, the oldest are dropped first, and the rest leave in order', () => {
  const loop = createClosedLoop();
  loop.gateway.setUplink(false);
  const before = loop.uplinkBytes().length;
  loop.ward.runFor(24 * 60);
  assert.equal(loop.uplinkBytes().length, before);
  loop.gateway.setUplink(true);
  assert.equal(loop.uplinkBytes().length, before + 512);
  const waited = loop.uplink().slice(before);
  const times = waited.map(({ content }) => (content.kind === 'Report' ? content.sentAt : 0));
  assert.deepEqual(
    times,
    [...times].sort((left, right) => left - right),
  );
  assert.equal(loop.ward.now() - times[0]! < 13 * 60 * MINUTE, true);
});

test('a tampered gateway rewrites plain reports and cannot read sealed ones', () => {
  const plain = createClosedLoop();
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
