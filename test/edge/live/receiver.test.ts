import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createReceiver } from '#edge/live/receiver';
import type { PropertyAffordance, ThingModel } from '#model/thing/thing-model';
import { admitWard, openLiveBench, SETTINGS } from './live-bench.ts';

/** A defect of our own: the platform fails on whatever tells this property. */
class Defective extends Map<string, PropertyAffordance> {
  override get(name: string): PropertyAffordance | undefined {
    if (name === 'sensorAge') throw new TypeError('a defect');
    return super.get(name);
  }
}

const monitor = SETTINGS.thingModels.get('glucose-monitor')!;
const defective: ThingModel = { ...monitor, properties: new Defective(monitor.properties) };
const bench = await openLiveBench({
  settings: { thingModels: new Map([...SETTINGS.thingModels, ['glucose-monitor', defective]]) },
});
after(async () => {
  await bench.live.close();
  bench.remove();
});

test('a_defect_falls_once: a message that the platform fails on is not looked at a second time, and others go on', async () => {
  const { live } = bench;
  const devices = await admitWard(live, 'p1');
  const receive = createReceiver(live);
  const transport = { thing: 'p1-gateway', proven: true, redelivered: false };
  const poison = devices.seal('cgm', { glucose: 120, sensorAge: 5 });

  const isBack = new Promise<void>((resolve) => {
    live.onStatus((status) => {
      if (status === 'open') resolve();
    });
  });
  await assert.rejects(receive(poison, transport), /a defect/);
  await isBack;
  const { outcome } = await receive(poison, { ...transport, redelivered: true });
  assert.equal(outcome, 'malformed');
  assert.equal(live.status, 'open');
  const [refused] = await live.history.find({ subject: 'p1', kinds: ['MessageRefused'], limit: 10 });
  assert.ok(refused?.kind === 'read' && JSON.stringify(refused.record.body).includes('not looked at again'));
  assert.equal((await receive(devices.seal('cgm', { glucose: 121 }), transport)).outcome, 'accepted');
});
