import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBasalProfile, decodeBolus, decodeGlucoseReading } from '#model/device/link/payload';
import { decodePlainReport } from '#model/device/report-payload';
import { MIDNIGHT, runTechnique } from './fake-points.ts';
import {
  bolusFrame,
  encryptedReading,
  MONITOR_SERIAL,
  PUMP_SERIAL,
  parsed,
  readingFrame,
  reportFrame,
  temporaryBasalFrame,
} from './frames.ts';

test('a replayed bolus is the recorded frame, byte for byte', () => {
  const run = runTechnique('replayed-bolus', { sender: 'remote', delayMin: 10, repeats: 3, intervalMin: 5 });
  run.air(bolusFrame(2, 'handset'));
  run.air(bolusFrame(4));
  run.until(9);
  assert.equal(run.seen.transmitted.length, 0);
  run.until(60);
  assert.deepEqual(run.seen.transmitted, [bolusFrame(4), bolusFrame(4), bolusFrame(4)]);
});

test('a forger says nothing before it overheard the serial number, and then speaks under it', () => {
  const run = runTechnique('injected-bolus', { units: 7.5 });
  run.until(4);
  assert.equal(run.seen.transmitted.length, 0);
  run.air(temporaryBasalFrame());
  const frame = parsed(run.seen.transmitted[0]);
  assert.equal(frame.serial, PUMP_SERIAL);
  assert.equal(frame.from, 'handset');
  assert.equal(decodeBolus(frame.payload), 7.5);
  assert.equal(run.runner.log().count, 1);
});

test('a forger counts on from a rolling counter in the clear, ahead of the genuine sender', () => {
  const run = runTechnique('injected-suspend', { repeatMin: 5 });
  run.air(temporaryBasalFrame(40));
  run.until(6);
  const counters = run.seen.transmitted.map((frame) => parsed(frame).counter ?? 0);
  assert.equal(counters.length, 2);
  assert.ok(counters[0]! > 40 && counters[1]! > counters[0]!, String(counters));
});

test('on an encrypted link a forger tries in the clear and has no valid number', () => {
  const run = runTechnique('injected-bolus');
  run.air(encryptedReading());
  assert.equal(run.seen.transmitted.length, 1);
  assert.notEqual(parsed(run.seen.transmitted[0]).serial, PUMP_SERIAL);
});

test('a forged reading replaces the genuine one under the overheard number, in the report too', () => {
  const run = runTechnique('glucose-bias-on-radio', { offset: 50 });
  assert.equal(run.air(readingFrame(110, 777)).destroyed, true);
  const forged = parsed(run.seen.transmitted[0]);
  assert.equal(forged.serial, MONITOR_SERIAL);
  assert.deepEqual(decodeGlucoseReading(forged.payload), { glucose: 160, sensorMinute: 777 });

  const report = reportFrame([
    { name: 'glucose', value: 110, at: MIDNIGHT },
    { name: 'battery', value: 90, at: MIDNIGHT },
  ]);
  assert.equal(run.air(report).destroyed, true);
  const told = decodePlainReport(parsed(run.seen.transmitted[1]).payload);
  assert.ok(told !== undefined);
  assert.deepEqual(
    told.report.measurements.map(({ name, value }) => [name, value]),
    [
      ['glucose', 160],
      ['battery', 90],
    ],
  );
});

test('an encrypted reading passes: what cannot be read is not altered', () => {
  const run = runTechnique('glucose-bias-on-radio');
  assert.equal(run.air(encryptedReading()).destroyed, false);
});

test('blocking takes no key: the header of an encrypted frame is enough', () => {
  const run = runTechnique('reading-blocked');
  assert.equal(run.air(encryptedReading()).destroyed, true);
  assert.equal(run.air(bolusFrame(1)).destroyed, false);
});

test('blocked commands are those that were chosen, and only until the step ends', () => {
  const run = runTechnique('command-blocked', { commands: 'bolus' }, 30);
  assert.equal(run.air(bolusFrame(1)).destroyed, true);
  assert.equal(run.air(temporaryBasalFrame()).destroyed, false);
  assert.equal(run.air(readingFrame(100)).destroyed, false);
  run.until(31);
  assert.equal(run.air(bolusFrame(1)).destroyed, false);
});

test('a tampered profile is written again and the controller is silenced', () => {
  const run = runTechnique('basal-profile-tampered', { rate: 4, repeatMin: 30 });
  assert.equal(run.air(temporaryBasalFrame()).destroyed, true);
  run.until(61);
  assert.equal(run.seen.transmitted.length, 3);
  assert.deepEqual(decodeBasalProfile(parsed(run.seen.transmitted[0]).payload), new Array(24).fill(4));
});

test('raised limits come with the remote where asked for', () => {
  const run = runTechnique('limits-tampered', { enablesRemote: true });
  run.air(temporaryBasalFrame());
  assert.deepEqual(
    run.seen.transmitted.map((frame) => parsed(frame).operation),
    ['set-limits', 'set-remote-enabled'],
  );
});

test('held frames are held for at most the longest hold', () => {
  const run = runTechnique('delay-and-reorder', { frames: 'commands', longestMin: 10 });
  const holds = Array.from({ length: 50 }, () => run.air(temporaryBasalFrame()).held);
  assert.ok(holds.every((held) => held > 0 && held <= 600_000));
  assert.ok(new Set(holds).size > 40);
  assert.equal(run.air(readingFrame(100)).held, 0);
});

test('a jammer destroys the share that it was told', () => {
  const run = runTechnique('radio-jamming', { share: 0.5 });
  const destroyed = Array.from({ length: 400 }, () => run.air(readingFrame(100)).destroyed).filter(Boolean).length;
  assert.ok(destroyed > 150 && destroyed < 250, `${destroyed} of 400`);
});

test('a drained battery is one wake-up after the other', () => {
  const run = runTechnique('battery-drain', { intervalS: 10 });
  run.air(temporaryBasalFrame());
  run.until(10);
  assert.equal(run.seen.transmitted.length, 61);
  assert.equal(parsed(run.seen.transmitted[60]).operation, 'wake-up');
});

test('frames played back are the recorded ones, encrypted or not', () => {
  const run = runTechnique('glucose-frames-replayed', { recordMin: 30 });
  const recorded = encryptedReading();
  assert.equal(run.air(recorded).destroyed, false);
  run.until(30);
  const fresh = encryptedReading();
  fresh[20] = 9;
  assert.equal(run.air(fresh).destroyed, true);
  assert.deepEqual(run.seen.transmitted, [recorded]);
});
