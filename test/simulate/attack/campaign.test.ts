import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTS_KEPT } from '#simulate/attack/act-log';
import { runCampaign } from './fake-points.ts';
import { bolusFrame, encryptedReading, readingFrame } from './frames.ts';

const silence = { id: 'silence', technique: 'alarm-suppression', start: { kind: 'at', minute: 10 } } as const;

test('steps begin at their time, after each other, and end after their duration', () => {
  const run = runCampaign({
    positions: ['on-handset'],
    steps: [
      { ...silence, durationMin: 30 },
      {
        id: 'bolus',
        technique: 'malware-bolus',
        parameters: { units: 2 },
        start: { kind: 'after', step: 'silence', delayMin: 15 },
      },
    ],
  });
  run.until(9);
  assert.equal(run.seen.silent, false);
  run.until(24);
  assert.equal(run.seen.silent, true);
  assert.deepEqual(run.seen.boluses, []);
  run.until(25);
  assert.deepEqual(run.seen.boluses, [2]);
  run.until(40);
  assert.equal(run.seen.silent, false);
  assert.deepEqual(
    run.runner.log().acts.map(({ step }) => step),
    ['silence', 'bolus'],
  );
});

test('a step that waits for what is overheard begins then, once, and not before it listens', () => {
  const run = runCampaign({
    positions: ['radio-range', 'on-handset'],
    steps: [
      { ...silence, id: 'after-bolus', start: { kind: 'heard-bolus', fromMinute: 60 } },
      {
        id: 'when-low',
        technique: 'malware-bolus',
        parameters: { units: 1 },
        start: { kind: 'heard-glucose-below', mgPerDl: 90 },
      },
    ],
  });
  run.until(30);
  run.air(bolusFrame(2));
  run.air(readingFrame(100));
  run.air(encryptedReading());
  run.until(61);
  assert.equal(run.seen.silent, false);
  assert.deepEqual(run.seen.boluses, []);
  run.air(bolusFrame(2));
  run.air(readingFrame(89));
  run.air(readingFrame(80));
  run.until(62);
  assert.equal(run.seen.silent, true);
  assert.deepEqual(run.seen.boluses, [1]);
});

test('what one step does to the radio does not undo what another does', () => {
  const run = runCampaign({
    positions: ['radio-range'],
    steps: [
      { id: 'readings', technique: 'reading-blocked', start: { kind: 'at', minute: 0 }, durationMin: 60 },
      {
        id: 'boluses',
        technique: 'command-blocked',
        parameters: { commands: 'bolus' },
        start: { kind: 'at', minute: 10 },
      },
    ],
  });
  run.until(20);
  assert.equal(run.air(readingFrame(100)).destroyed, true);
  assert.equal(run.air(bolusFrame(1)).destroyed, true);
  run.until(70);
  assert.equal(run.air(readingFrame(100)).destroyed, false);
  assert.equal(run.air(bolusFrame(1)).destroyed, true);
});

test('adding a step changes no other step: each draws from the stream of its id', () => {
  const jam = {
    id: 'hold',
    technique: 'delay-and-reorder',
    parameters: { frames: 'readings' },
    start: { kind: 'at', minute: 0 },
  } as const;
  const alone = runCampaign({ positions: ['radio-range', 'on-handset'], steps: [jam] });
  const together = runCampaign({ positions: ['radio-range', 'on-handset'], steps: [silence, jam] });
  alone.until(1);
  together.until(1);
  const holds = (run: typeof alone): readonly number[] =>
    Array.from({ length: 20 }, () => run.air(readingFrame(100)).held);
  assert.deepEqual(holds(together), holds(alone));
});

test('the log of acts is bounded and still tells the first, the last and how many', () => {
  const run = runCampaign({
    positions: ['radio-range'],
    steps: [{ id: 'block', technique: 'reading-blocked', start: { kind: 'at', minute: 0 } }],
  });
  run.until(0);
  for (let index = 0; index < ACTS_KEPT + 100; index += 1) run.air(readingFrame(100));
  const log = run.runner.log();
  assert.equal(log.acts.length, ACTS_KEPT);
  assert.equal(log.count, ACTS_KEPT + 100);
  assert.equal(log.first, log.acts[0]);
  assert.equal(log.last?.step, 'block');
});

test('a technique for which no position is held is a broken invariant', () => {
  const run = runCampaign({ positions: ['radio-range'], steps: [silence] });
  assert.throws(() => run.until(10), /on-handset/);
});
