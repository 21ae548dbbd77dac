import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestBytes } from '#model/device/firmware';
import { crc16 } from '#model/device/link/crc16';
import type { Report, ThingValue } from '#model/thing/message';
import { MIDNIGHT, runTechnique } from './fake-points.ts';

const MINUTE = 60_000;

test('a biased, frozen, replaced or ramped reading is what the parameters say, within what a sensor can say', () => {
  const bias = runTechnique('glucose-bias-on-handset', { offset: 75 });
  assert.deepEqual([100, 390].map(bias.read), [175, 400]);

  const freeze = runTechnique('glucose-freeze-on-handset');
  assert.deepEqual([180, 90, 60].map(freeze.read), [180, 180, 180]);

  const replace = runTechnique('glucose-replace-on-handset', { value: 300, noise: 0 });
  assert.equal(replace.read(90), 300);

  const ramp = runTechnique('glucose-ramp-on-handset', { perMinute: 1, largest: 60 });
  ramp.until(30);
  assert.equal(ramp.read(100), 130);
  ramp.until(300);
  assert.equal(ramp.read(100), 160);
});

test('a slow drift has no corner: no two readings of the same glucose differ by more than a sensor does', () => {
  const run = runTechnique('slow-glucose-drift-on-handset', { plateau: 45, riseMin: 360 });
  const shown: number[] = [];
  for (let minute = 0; minute <= 420; minute += 5) {
    run.until(minute);
    shown.push(run.read(120) ?? 0);
  }
  const steps = shown.slice(1).map((value, index) => value - shown[index]!);
  assert.equal(shown[0], 120);
  assert.equal(shown.at(-1), 165);
  assert.ok(Math.max(...steps) <= 2 && Math.min(...steps) >= 0);
});

test('a trace is recorded before it is played back, and nothing is shown meanwhile', () => {
  const run = runTechnique('glucose-replay-on-handset', { recordMin: 30 });
  const evening = [150, 160, 170, 180, 170, 160];
  for (const [index, glucose] of evening.entries()) {
    run.until(5 * index);
    assert.equal(run.read(glucose), glucose);
  }
  assert.equal(run.runner.log().count, 0);
  run.until(30);
  assert.deepEqual([80, 79, 78].map(run.read), [150, 160, 170]);
  assert.equal(run.runner.log().count, 3);
});

test('malware changes settings by the factors that it was told', () => {
  const ratio = runTechnique('carb-ratio-tampered', { carbRatioFactor: 0.5 });
  assert.equal(ratio.seen.settings.carbRatio, 5);
  assert.equal(ratio.seen.settings.correctionFactor, 40);

  const limits = runTechnique('controller-limits-tampered', { targetGlucose: 60, maxBolus: 25 });
  assert.equal(limits.seen.settings.targetGlucose, 60);
  assert.equal(limits.seen.settings.maxBolus, 25);

  const creep = runTechnique('slow-basal-creep', { stepPercent: 10, everyMin: 60, largestFactor: 1.5 });
  assert.equal(creep.seen.settings.mode, 'open-loop');
  creep.until(24 * 60);
  const rate = creep.seen.settings.basalProfile[0]!;
  assert.ok(rate > 1.4 && rate <= 1.5, String(rate));
});

test('a shifted clock and silenced alarms are undone when the step ends', () => {
  const clock = runTechnique('handset-clock-shift', { shiftMin: 240 }, 60);
  assert.equal(clock.seen.clockShift, 240 * MINUTE);
  clock.until(61);
  assert.equal(clock.seen.clockShift, 0);

  const alarms = runTechnique('alarm-suppression', {}, 60);
  assert.equal(alarms.seen.silent, true);
  alarms.until(61);
  assert.equal(alarms.seen.silent, false);
});

test('malware and a stolen account ask as often as they were told', () => {
  const malware = runTechnique('malware-bolus', { units: 3, repeats: 2, intervalMin: 10 });
  malware.until(60);
  assert.deepEqual(malware.seen.boluses, [3, 3]);

  const account = runTechnique('stolen-account-bolus', { units: 5, repeats: 2, intervalMin: 10 });
  account.until(60);
  assert.deepEqual(account.seen.commands, [
    { action: 'bolus', input: { units: 5 } },
    { action: 'bolus', input: { units: 5 } },
  ]);

  const suspend = runTechnique('stolen-account-suspend', { repeatMin: 20 }, 50);
  suspend.until(200);
  assert.deepEqual(
    suspend.seen.commands.map(({ action }) => action),
    ['suspend', 'suspend', 'suspend'],
  );
});

test('altered firmware has a valid checksum and a signature that does not belong to it', () => {
  const run = runTechnique('firmware-delivery-factor', { factor: 2 });
  const image = run.seen.firmware[0];
  assert.ok(image !== undefined);
  assert.equal(image.deliveryFactor, 2);
  assert.equal(image.alarmsEnabled, false);
  assert.equal(image.checksum, crc16(manifestBytes(image)));
  assert.equal(image.signature?.length, 64);
});

test('messages on the uplink are altered by one bit, dropped, held or exchanged for older ones', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const alter = runTechnique('uplink-manipulation', { what: 'alter' }).uplink(bytes);
  assert.ok(alter.kind === 'replace');
  const flipped = [...alter.bytes].map((byte, index) => byte ^ bytes[index]!).filter((difference) => difference !== 0);
  assert.equal(flipped.length, 1);
  assert.ok(Number.isInteger(Math.log2(flipped[0]!)));

  assert.deepEqual(runTechnique('uplink-manipulation', { what: 'drop' }).uplink(bytes), { kind: 'drop' });
  assert.deepEqual(runTechnique('uplink-manipulation', { what: 'delay', delayMin: 3 }).uplink(bytes), {
    kind: 'delay',
    by: 3 * MINUTE,
  });
  const replay = runTechnique('uplink-manipulation', { what: 'replay' });
  assert.deepEqual(replay.uplink(bytes), { kind: 'pass' });
  assert.deepEqual(replay.uplink(Uint8Array.of(9)), { kind: 'replace', bytes });
  assert.deepEqual(replay.uplink(bytes, 'to-gateway'), { kind: 'pass' });
});

test('an insider edits the latest records or cuts them off', () => {
  const edit = runTechnique('history-edit', { records: 2 });
  assert.deepEqual(edit.seen.records, [{ units: 3 }, { statement: '' }, { units: 0 }]);
  const cut = runTechnique('history-edit', { records: 2, truncates: true });
  assert.deepEqual(cut.seen.records, [{ units: 3 }]);
});

test('the healthy patient is one story: glucose stays well, counters run on at the basal rate, all devices agree', () => {
  const run = runTechnique('twin-poisoning', { target: 120, noise: 3 });
  const report = (thing: string, minute: number, values: Readonly<Record<string, ThingValue>>): Report => {
    const at = MIDNIGHT + minute * MINUTE;
    const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at }));
    return { kind: 'Report', thing, sentAt: at, measurements };
  };
  const told = (genuine: Report): Record<string, ThingValue> =>
    Object.fromEntries((run.relay(genuine)?.measurements ?? []).map(({ name, value }) => [name, value]));

  const shown: number[] = [];
  for (let minute = 0; minute <= 600; minute += 5) {
    // What really happens: a bolus of 20 U after an hour, and glucose that falls to the floor.
    const bolus = minute < 60 ? 3 : 23;
    const glucose = Math.max(40, 150 - minute);
    const cgm = told(report('cgm', minute, { glucose }));
    const handset = told(report('handset', minute, { glucoseUsed: glucose, alarmCondition: 'urgent-low-glucose' }));
    const pump = told(
      report('pump', minute, {
        basalRate: minute < 60 ? 1.2 : 0,
        basalDelivered: 10,
        bolusDelivered: bolus,
        reservoir: 200 - bolus,
        deliveryState: 'suspended',
        refusedFrames: minute,
      }),
    );
    assert.equal(handset['glucoseUsed'], cgm['glucose']);
    assert.equal(handset['alarmCondition'], 'none');
    assert.equal(pump['bolusDelivered'], 3);
    assert.equal(pump['deliveryState'], 'delivering');
    assert.equal(pump['refusedFrames'], 0);
    assert.ok(Math.abs(Number(pump['basalDelivered']) - (10 + (1.2 * minute) / 60)) < 1e-9);
    assert.ok(Math.abs(Number(pump['reservoir']) - (197 - (1.2 * minute) / 60)) < 1e-9);
    shown.push(Number(cgm['glucose']));
  }
  assert.ok(shown.every((glucose) => glucose > 70 && glucose < 180));
  assert.ok(Math.max(...shown.slice(1).map((glucose, index) => Math.abs(glucose - shown[index]!))) < 30);
  assert.equal(run.seen.dropsRelayed, false);
});
