import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGlucoseMonitor, type GlucoseMonitorConfiguration } from '#model/device/glucose-monitor';
import { parseLegacyFrame } from '#model/device/link/legacy-frame';
import { decodeGlucoseReading } from '#model/device/link/payload';
import { createFakeWard, LEGACY, linkOf } from './fake-ward.ts';

function monitor(changes: Partial<GlucoseMonitorConfiguration>, sense: () => number) {
  const ward = createFakeWard();
  const { ports, sent } = ward.device('cgm');
  const configuration = { link: linkOf('cgm', LEGACY), reporting: { thing: 'cgm', sealed: false }, ...changes };
  const cgm = createGlucoseMonitor(configuration, { ...ports, sense });
  ward.attach('cgm', cgm);
  const readings = () =>
    sent.flatMap(({ bytes }) => {
      const parsed = parseLegacyFrame(bytes);
      if (parsed.kind !== 'frame' || parsed.frame.operation !== 'glucose-reading') return [];
      return [decodeGlucoseReading(parsed.frame.payload)!];
    });
  return { ward, cgm, readings };
}

test('a reading every five minutes, with the minute of the sensor', () => {
  const { ward, readings } = monitor({ sensorAge: 1_000 }, () => 123.4);
  ward.runFor(15);
  assert.deepEqual(readings(), [
    { glucose: 123, sensorMinute: 1_005 },
    { glucose: 123, sensorMinute: 1_010 },
    { glucose: 123, sensorMinute: 1_015 },
  ]);
});

test('a sensor that warms up or has expired tells no glucose, and the device still reports', () => {
  const { ward, cgm, readings } = monitor({ sensorAge: 0, warmUp: 120, sensorLife: 180 }, () => 100);
  ward.runFor(115);
  assert.equal(readings().length, 0);
  assert.deepEqual(
    cgm.report().map(({ name }) => name),
    ['sensorAge', 'battery'],
  );
  ward.runFor(300);
  assert.equal(readings().length, 12);
  cgm.replaceSensor();
  ward.runFor(125);
  assert.equal(readings().length, 14);
});

test('out of the measuring range is told apart from measured', () => {
  const values = [12, 39.9, 40, 400, 400.6, 700];
  const { ward, readings } = monitor({}, () => values.shift() ?? 100);
  ward.runFor(30);
  assert.deepEqual(
    readings().map(({ glucose }) => glucose),
    [39, 39, 40, 400, 401, 401],
  );
});
