import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { createInfluences, createOriginStack, type Origin } from '#simulate/world/cause';
import { createEventQueue } from '#simulate/world/event-queue';
import { createRadio, type RadioOptions } from '#simulate/world/radio';

const LOSSLESS: RadioOptions = { loss: 0, latency: 20, jitter: 0 };
const frame = (number: number): Uint8Array => new Uint8Array([number, 1, 2]);

interface Heard {
  readonly by: string;
  readonly number: number;
  readonly at: number;
  readonly origin: Origin;
}

function createBench(options: RadioOptions, seed = 'radio') {
  const queue = createEventQueue(0);
  const origins = createOriginStack();
  const influences = createInfluences();
  const radio = createRadio(options, queue, createRandom(seed), origins, influences);
  const heard: Heard[] = [];
  for (const name of ['cgm', 'handset', 'pump']) {
    radio.attach(name, (bytes) => {
      heard.push({ by: name, number: bytes[0]!, at: queue.now(), origin: origins.current });
    });
  }
  /** 200 frames of the monitor, a second apart. */
  const speak = (): void => {
    for (let number = 0; number < 200; number += 1)
      queue.at(number * 1_000, () => radio.transmit('cgm', frame(number)));
  };
  return { queue, radio, influences, heard, speak };
}

test('every other device in reach hears a frame after its flight, and nobody hears themselves', () => {
  const { queue, radio, heard } = createBench(LOSSLESS);
  radio.transmit('cgm', frame(7));
  queue.runUntil(1_000);
  assert.deepEqual(
    heard.map(({ by, at, origin }) => [by, at, origin]),
    [
      ['handset', 20, 'genuine'],
      ['pump', 20, 'genuine'],
    ],
  );
});

test('loss and flight of genuine frames are the same with an adversary as without', () => {
  const options = { loss: 0.2, latency: 20, jitter: 30 };
  const alone = createBench(options);
  alone.speak();
  alone.queue.runUntil(300_000);
  const attacked = createBench(options);
  attacked.speak();
  attacked.radio.point.listen(() => {});
  for (let turn = 0; turn < 150; turn += 1) {
    attacked.queue.at(turn * 1_300 + 1, () => attacked.radio.point.transmit(frame(255)));
  }
  attacked.queue.runUntil(300_000);
  assert.deepEqual(
    attacked.heard.filter(({ number }) => number !== 255),
    alone.heard,
  );
  assert.ok(attacked.heard.some(({ number }) => number === 255));
});

test('each receiver loses its own frames, at about the stated rate', () => {
  const { queue, heard, speak } = createBench({ loss: 0.2, latency: 20, jitter: 0 });
  speak();
  queue.runUntil(300_000);
  const numbersOf = (name: string): readonly number[] => heard.filter(({ by }) => by === name).map((h) => h.number);
  const [handset, pump] = [numbersOf('handset'), numbersOf('pump')];
  assert.notDeepEqual(handset, pump);
  // 200 frames, 20 %: four standard deviations either way.
  for (const numbers of [handset, pump])
    assert.ok(Math.abs(200 - numbers.length - 40) <= 23, `${numbers.length} heard`);
});

test("the adversary's frames reach every device, and are told apart from genuine ones by nobody but the judge", () => {
  const { queue, radio, heard } = createBench(LOSSLESS);
  radio.point.transmit(frame(9));
  queue.runUntil(1_000);
  assert.deepEqual(
    heard.map(({ by, origin }) => [by, origin]),
    [
      ['cgm', 'adversary'],
      ['handset', 'adversary'],
      ['pump', 'adversary'],
    ],
  );
});

test('jamming destroys a frame for every receiver, is overheard all the same, and is an influence', () => {
  const { queue, radio, influences, heard } = createBench(LOSSLESS);
  const overheard: number[] = [];
  radio.point.listen((bytes) => overheard.push(bytes[0]!));
  radio.point.jam((bytes) => bytes[0] === 1);
  for (const number of [1, 2]) radio.transmit('cgm', frame(number));
  radio.point.jam(undefined);
  radio.transmit('cgm', frame(1));
  queue.runUntil(1_000);
  assert.deepEqual(overheard, [1, 2, 1]);
  assert.deepEqual(
    heard.filter(({ by }) => by === 'pump').map(({ number }) => number),
    [2, 1],
  );
  assert.deepEqual([influences.count('therapy'), influences.first('therapy')?.what], [1, 'frame of cgm destroyed']);
});

test('a frame held back arrives late, after later ones, and counts as the adversary’s', () => {
  const { queue, radio, influences, heard } = createBench(LOSSLESS);
  radio.point.delay((bytes) => (bytes[0] === 1 ? 60_000 : 0));
  for (const number of [1, 2]) radio.transmit('cgm', frame(number));
  queue.runUntil(120_000);
  const pump = heard.filter(({ by }) => by === 'pump');
  assert.deepEqual(
    pump.map(({ number, at, origin }) => [number, at, origin]),
    [
      [2, 20, 'genuine'],
      [1, 60_020, 'adversary'],
    ],
  );
  assert.equal(influences.count('therapy'), 1);
});

test('what the adversary does to its own bytes afterwards changes nothing on the air', () => {
  const { queue, radio, heard } = createBench(LOSSLESS);
  const bytes = frame(3);
  radio.point.transmit(bytes);
  bytes[0] = 99;
  queue.runUntil(1_000);
  assert.ok(heard.every(({ number }) => number === 3));
});
