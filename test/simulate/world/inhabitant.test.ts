import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { AlarmPriority } from '#model/device/alarm';
import type { Handset } from '#model/device/handset/handset-types';
import type { ConfirmationRequest, InsulinPump } from '#model/device/insulin-pump/insulin-pump-types';
import type { Remote } from '#model/device/remote';
import type { Body } from '#simulate/world/body';
import { createEventQueue } from '#simulate/world/event-queue';
import { createInhabitant, type InhabitantDeps, type Reactions } from '#simulate/world/inhabitant';

const NOON: Millis = 12 * HOUR;
const NIGHT: Millis = 26 * HOUR;

const ALWAYS: Reactions = {
  sleepFromMinute: 1_380,
  sleepToMinute: 420,
  answersAwake: 1,
  answersAsleep: 1,
  answerDelayMin: 10,
  rescueCarbohydratesG: 16,
  declinesUnwanted: 1,
};

interface Options extends Partial<Pick<InhabitantDeps, 'fobShare' | 'caregiverShare' | 'meals'>> {
  readonly startsAt?: Millis;
  readonly glucose?: number;
  readonly reactions?: Partial<Reactions>;
  readonly suspended?: boolean;
}

/** A person whose hands hold nothing but a notebook: what they did, and when, in minutes from the start. */
function createBench({ startsAt = NOON, glucose = 120, reactions = {}, suspended = false, ...rest }: Options = {}) {
  const queue = createEventQueue(startsAt);
  const did: string[] = [];
  const note = (what: string): void => void did.push(`${(queue.now() - startsAt) / MINUTE} ${what}`);
  const body = { plasmaGlucose: glucose, eat: (grams: number) => note(`eats ${grams} g`) };
  const inhabitant = createInhabitant({
    queue,
    random: createRandom('inhabitant'),
    body: body as Body,
    reactions: { ...ALWAYS, ...reactions },
    meals: [],
    carbRatio: 10,
    correctionFactor: 40,
    fobShare: 0,
    caregiverShare: 0,
    askCaregiver: (units) => note(`caregiver asks for ${units} U`),
    onAsked: () => {},
    ...rest,
  });
  inhabitant.start({
    handset: { announceMeal: (grams: number) => note(`announces ${grams} g`) } as Handset,
    remote: {
      press: (steps: number) => {
        note(`presses ${steps} times`);
        return steps / 2;
      },
    } as Remote,
    pump: {
      confirm: (id: number) => note(`confirms ${id}`),
      decline: (id: number) => note(`declines ${id}`),
      changeInfusionSet: () => note('changes the infusion set'),
      replaceReservoir: () => note('replaces the reservoir'),
      replaceBattery: () => note('replaces the battery'),
      resumeAtDevice: () => note('resumes'),
      bolusAtDevice: (units: number) => note(`doses ${units} U by hand`),
      report: () => [{ name: 'deliveryState', value: suspended ? 'suspended' : 'delivering', at: 0 }],
    } as unknown as InsulinPump,
  });
  const alarm = (condition: string, priority: AlarmPriority = 'high'): void =>
    inhabitant.hearAlarm({ condition, priority });
  return {
    queue,
    did,
    body,
    inhabitant,
    alarm,
    pass: (minutes: number): void => queue.runUntil(queue.now() + minutes * MINUTE),
  };
}

const meal = (carbohydrates: number, counted: number | undefined) => [{ at: NOON + MINUTE, carbohydrates, counted }];

test('a meal is eaten whether or not anybody is told of it', () => {
  const told = createBench({ meals: meal(60, 50) });
  const untold = createBench({ meals: meal(60, undefined) });
  for (const bench of [told, untold]) bench.pass(5);
  assert.deepEqual(told.did, ['1 eats 60 g', '1 announces 50 g']);
  assert.deepEqual(untold.did, ['1 eats 60 g']);
});

test('the bolus of a meal goes by fob or by caregiver as the ward has it, counted and not eaten carbohydrates', () => {
  const fob = createBench({ meals: meal(60, 50), fobShare: 1 });
  const caregiver = createBench({ meals: meal(60, 50), caregiverShare: 1 });
  for (const bench of [fob, caregiver]) bench.pass(5);
  assert.deepEqual(fob.did, ['1 eats 60 g', '1 presses 10 times']);
  assert.deepEqual(caregiver.did, ['1 eats 60 g', '1 caregiver asks for 5 U']);
});

for (const [condition, action] of [
  ['low-glucose', 'eats 16 g'],
  ['urgent-low-glucose', 'eats 16 g'],
  ['occlusion', 'changes the infusion set'],
  ['empty', 'replaces the reservoir'],
  ['battery-low', 'replaces the battery'],
] as const) {
  test(`an alarm is answered after a while: ${condition}`, () => {
    const bench = createBench();
    bench.alarm(condition);
    bench.pass(9);
    assert.deepEqual(bench.did, []);
    bench.pass(1);
    assert.deepEqual(bench.did, [`10 ${action}`]);
  });
}

test('alarms half an hour apart are one event, answered or not as a whole', () => {
  const bench = createBench();
  for (const minutes of [0, 15, 15, 29]) {
    bench.pass(minutes);
    bench.alarm('low-glucose');
  }
  bench.pass(30);
  bench.alarm('low-glucose');
  bench.pass(30);
  assert.deepEqual(bench.did, ['10 eats 16 g', '99 eats 16 g']);
});

test('who does not wake up does nothing, who is awake does', () => {
  for (const [startsAt, expected] of [
    [NIGHT, 0],
    [NOON, 1],
  ] as const) {
    const bench = createBench({ startsAt, reactions: { answersAsleep: 0 } });
    bench.alarm('urgent-low-glucose');
    bench.pass(60);
    assert.equal(bench.did.length, expected);
  }
});

test('an alarm of low priority wakes nobody and is seen in the morning', () => {
  const bench = createBench({ startsAt: NIGHT });
  bench.alarm('battery-low', 'low');
  bench.pass(299);
  assert.deepEqual(bench.did, []);
  bench.pass(30);
  assert.deepEqual(bench.did, ['310 replaces the battery']);
});

test('a vague alarm makes a person look: a low is treated, a suspension at a high is ended, all else is left alone', () => {
  const after = (options: Options): readonly string[] => {
    const bench = createBench(options);
    bench.alarm('pump-lost', 'medium');
    bench.pass(30);
    return bench.did;
  };
  assert.deepEqual(after({ glucose: 60 }), ['10 eats 16 g']);
  assert.deepEqual(after({ glucose: 250, suspended: true }), ['10 resumes']);
  assert.deepEqual(after({ glucose: 250 }), []);
  assert.deepEqual(after({ glucose: 120, suspended: true }), []);
});

test("the platform's alert makes a person take over: correct by hand, once in four hours, and dose the next meal by hand", () => {
  const bench = createBench({ glucose: 260, meals: [{ at: NOON + 2 * HOUR, carbohydrates: 60, counted: 50 }] });
  bench.inhabitant.readAlert();
  bench.pass(60);
  bench.inhabitant.readAlert();
  bench.pass(90);
  assert.deepEqual(bench.did, ['10 doses 3 U by hand', '120 eats 60 g', '120 doses 5 U by hand']);
});

const asks = (units: number): ConfirmationRequest => ({ requestId: 1, units, via: 'handset' });

test('a bolus that a person expects is confirmed; one that they do not want is declined, while they are awake', () => {
  const expected = createBench({ meals: meal(60, 50) });
  expected.pass(2);
  expected.inhabitant.answer(asks(5));
  expected.pass(1);
  assert.deepEqual(expected.did.slice(2).map(withoutTime), ['confirms 1']);

  const unwanted = createBench({ meals: meal(60, 50) });
  unwanted.pass(2);
  unwanted.inhabitant.answer(asks(10));
  unwanted.pass(1);
  assert.deepEqual(unwanted.did.slice(2).map(withoutTime), ['declines 1']);

  const late = createBench({ meals: meal(60, 50) });
  late.pass(12);
  late.inhabitant.answer(asks(5));
  late.pass(1);
  assert.deepEqual(late.did.slice(2).map(withoutTime), ['declines 1']);
});

test('a sleeper who does not wake up confirms nothing; a careless one who is awake confirms', () => {
  const asleep = createBench({ startsAt: NIGHT, reactions: { answersAsleep: 0 } });
  asleep.inhabitant.answer(asks(10));
  asleep.pass(10);
  assert.deepEqual(asleep.did, []);
  const careless = createBench({ reactions: { declinesUnwanted: 0 } });
  careless.inhabitant.answer(asks(10));
  careless.pass(1);
  assert.deepEqual(careless.did.map(withoutTime), ['confirms 1']);
});

test('the same alarm at the same instant is answered the same, whatever was answered before', () => {
  const undecided = { answersAwake: 0.5, answersAsleep: 0.5 };
  const answered = (before: readonly string[]): boolean => {
    const bench = createBench({ reactions: undecided });
    for (const condition of before) bench.alarm(condition);
    bench.pass(90);
    bench.did.length = 0;
    bench.alarm('low-glucose');
    bench.pass(20);
    return bench.did.length > 0;
  };
  const alone = answered([]);
  for (const before of [['occlusion'], ['battery-low', 'empty'], ['occlusion', 'empty', 'pump-lost']]) {
    assert.equal(answered(before), alone);
  }
});

function withoutTime(entry: string): string {
  return entry.slice(entry.indexOf(' ') + 1);
}
