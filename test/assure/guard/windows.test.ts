import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  amountWithin,
  type CommandLedger,
  commandedSince,
  commandsSince,
  EMPTY_LEDGER,
  noteMessage,
  noteNotCarriedOut,
  noteReplaced,
  outstandingWithin,
} from '#assure/guard/command-ledger';
import type { CheckSetting, GuardPolicy } from '#assure/guard/policy';
import type { CommandRequest } from '#assure/guard/request';
import { DAY, HOUR, MINUTE, type Millis } from '#base/time';
import type { ThingValue } from '#model/thing/message';
import { decide, NOW, permitted, pumpReport, request, STANDARD, sampleContext } from './sample.ts';

const BOUNDS = STANDARD.actions['bolus']!.checks.find(({ kind }) => kind === 'dose-envelope')!;
const only = (check: CheckSetting): GuardPolicy => ({
  ...STANDARD,
  actions: { bolus: { checks: [check] }, setTemporaryBasal: { checks: [check] }, suspend: { checks: [check] } },
});
const ENVELOPE = only(BOUNDS);

const bolus = (units: number, change: Partial<CommandRequest> = {}) => request('bolus', { units }, change);
const basal = (rate: number, durationMin: number, change: Partial<CommandRequest> = {}) =>
  request('setTemporaryBasal', { rate, durationMin }, change);
const kindOf = (asked: CommandRequest, ledger: CommandLedger, policy = ENVELOPE): string =>
  decide(asked, sampleContext({ ledger }), policy).kind;
const past = (...commands: readonly (readonly [CommandRequest, number])[]): CommandLedger =>
  commands.reduce((ledger, [asked, agoMin]) => permitted(ledger, asked, NOW - agoMin * MINUTE), EMPTY_LEDGER);

describe('bounds of the delivered policy, just in and just out', () => {
  const cases: readonly (readonly [string, CommandRequest, CommandLedger, 'permit' | 'refuse'])[] = [
    ['a command', bolus(10), EMPTY_LEDGER, 'permit'],
    ['a command', bolus(10.01), EMPTY_LEDGER, 'refuse'],
    ['an hour', bolus(5), past([bolus(10), 59]), 'permit'],
    ['an hour', bolus(5.01), past([bolus(10), 59]), 'refuse'],
    ['an hour that has passed', bolus(10), past([bolus(10), 60]), 'permit'],
    ['a day', bolus(10), past(...[2, 4, 6, 8, 23.9].map((h) => [bolus(10), h * 60] as const)), 'permit'],
    ['a day', bolus(10), past(...[2, 4, 6, 8, 10, 23.9].map((h) => [bolus(10), h * 60] as const)), 'refuse'],
    ['a rate', basal(5, 120), EMPTY_LEDGER, 'permit'],
    ['a rate', basal(5.01, 60), EMPTY_LEDGER, 'refuse'],
    ['a duration', basal(1, 121), EMPTY_LEDGER, 'refuse'],
    ['no duration', basal(1, 0), EMPTY_LEDGER, 'refuse'],
    ['a rate below nothing', basal(-1, 60), EMPTY_LEDGER, 'refuse'],
    ['nothing', bolus(0), EMPTY_LEDGER, 'refuse'],
    ['a course beside doses', bolus(10), past([basal(5, 120), 1]), 'permit'],
    ['a course beside doses', bolus(5.1), past([basal(5, 120), 1], [bolus(5), 1]), 'refuse'],
  ];
  for (const [name, asked, ledger, expected] of cases) {
    test(`${name}: ${asked.action} ${JSON.stringify(asked.input)} is a ${expected}`, () =>
      assert.equal(kindOf(asked, ledger), expected));
  }
});

test('what is not bounded in this unit is refused, and so is what adds and states no amount', () => {
  const inMilligrams = only({ ...BOUNDS, unit: 'mg' } as CheckSetting);
  assert.equal(kindOf(bolus(1), EMPTY_LEDGER, inMilligrams), 'refuse');
  const resume: GuardPolicy = { ...STANDARD, actions: { resume: { checks: [BOUNDS] } } };
  assert.equal(kindOf(request('resume'), EMPTY_LEDGER, resume), 'refuse');
  assert.equal(kindOf(request('suspend'), EMPTY_LEDGER), 'permit');
});

test('by_what_it_does: a role of another name, and a second device, are metered like the first', () => {
  const other = { thing: 'basement-pump' } as const;
  assert.equal(kindOf(bolus(5.01, other), past([bolus(10), 5])), 'refuse');
  assert.equal(kindOf(bolus(5, other), past([bolus(10), 5])), 'permit');
  assert.equal(kindOf(bolus(5.01), past([bolus(10, other), 5])), 'refuse');
});

test('a dose that another device counted fills the window too, whoever gave it', () => {
  let ledger = noteMessage(EMPTY_LEDGER, ...pumpReport(NOW - 50 * MINUTE, 100, 'pump-2'));
  ledger = noteMessage(ledger, ...pumpReport(NOW - MINUTE, 112, 'pump-2'));
  assert.equal(kindOf(bolus(3), ledger), 'permit');
  assert.equal(kindOf(bolus(3.01), ledger), 'refuse');
});

describe('one dose is not counted twice, and never too little', () => {
  const counted = (after: Millis, total: number) =>
    noteMessage(
      permitted(noteMessage(EMPTY_LEDGER, ...pumpReport(NOW - 40 * MINUTE, 50)), bolus(4), NOW - 30 * MINUTE),
      ...pumpReport(NOW - 30 * MINUTE + after, total),
    );
  test('it is outstanding until its device can have counted it', () => {
    assert.equal(outstandingWithin(counted(13 * MINUTE, 50), '[iU]', NOW, HOUR), 4);
    assert.equal(outstandingWithin(counted(14 * MINUTE, 54), '[iU]', NOW, HOUR), 0);
    assert.equal(amountWithin(counted(14 * MINUTE, 54), '[iU]', NOW, HOUR), 4);
  });
  test('another device’s report says nothing of it', () => {
    const ledger = noteMessage(past([bolus(4), 30]), ...pumpReport(NOW, 54, 'pump-2'));
    assert.equal(outstandingWithin(ledger, '[iU]', NOW, HOUR), 4);
  });
  test('a report that was held back says nothing of what was delivered meanwhile', () => {
    const [message, twin] = pumpReport(NOW - 40 * MINUTE, 50);
    const late = { ...message, receivedAt: NOW };
    const heard = {
      ...twin,
      reported: { pump: { bolusDelivered: { value: 50, at: NOW - 40 * MINUTE, receivedAt: NOW } } },
    };
    assert.equal(outstandingWithin(noteMessage(past([bolus(4), 30]), late, heard), '[iU]', NOW, HOUR), 4);
  });
  test('where a counter stands at first says nothing of what was commanded before', () => {
    const ledger = noteMessage(past([bolus(4), 30]), ...pumpReport(NOW, 54));
    assert.equal(amountWithin(ledger, '[iU]', NOW, HOUR), 4);
  });
  test('a counter that fell is another device’s: what was counted before stays', () => {
    const fell = noteMessage(counted(14 * MINUTE, 54), ...pumpReport(NOW - 10 * MINUTE, 1));
    const rose = noteMessage(fell, ...pumpReport(NOW - 5 * MINUTE, 3));
    assert.equal(amountWithin(rose, '[iU]', NOW, HOUR), 6);
  });
  test('a_new_device_begins_anew: where its counter stands is no delivery', () => {
    const replaced = noteReplaced(counted(14 * MINUTE, 54), 'pump');
    const first = noteMessage(replaced, ...pumpReport(NOW - 10 * MINUTE, 400));
    assert.equal(amountWithin(first, '[iU]', NOW, HOUR), 4);
    const second = noteMessage(first, ...pumpReport(NOW - 5 * MINUTE, 402));
    assert.equal(amountWithin(second, '[iU]', NOW, HOUR), 6);
  });
});

describe('a command that its device did not carry out', () => {
  const [id, other] = ['r-7', 'r-8'];
  const asked = past([bolus(6, { id }), 5], [bolus(1, { id: other }), 4]);
  test('delivers nothing, and was asked for all the same', () => {
    const ledger = noteNotCarriedOut(asked, id);
    assert.equal(amountWithin(ledger, '[iU]', NOW, HOUR), 1);
    assert.equal(commandedSince(ledger, '[iU]', NOW - HOUR), 1);
    assert.equal(commandsSince(ledger, 'caregiver-1', true, NOW - HOUR), 2);
  });
  test('one that nobody knows changes nothing', () => assert.equal(noteNotCarriedOut(asked, 'r-9'), asked));
});

describe('the number of commands', () => {
  const rate = (maxCommands: number) => only({ kind: 'rate', maxCommands, windowMin: 60 });
  const four = past(...[1, 20, 40, 59].map((min) => [bolus(0.1, { requester: `by-${min}` }), min] as const));
  test('of what adds is the subject’s, whoever asks', () => {
    assert.equal(kindOf(bolus(0.1), four, rate(4)), 'refuse');
    assert.equal(kindOf(bolus(0.1), four, rate(5)), 'permit');
    assert.equal(kindOf(bolus(0.1), past([bolus(0.1), 60]), rate(1)), 'permit', 'just outside of the window');
    assert.equal(kindOf(bolus(0.1), past([bolus(0.1), 59]), rate(1)), 'refuse', 'just inside of it');
  });
  test('of what does not add is the requester’s: nobody else uses it up', () => {
    assert.equal(kindOf(request('suspend'), four, rate(4)), 'permit');
    const own = past(...[1, 2].map((min) => [request('suspend'), min] as const));
    assert.equal(kindOf(request('suspend'), own, rate(2)), 'refuse');
    assert.equal(kindOf(request('suspend', {}, { requester: 'other' }), own, rate(2)), 'permit');
  });
  test('what fills the memory pushes out no dose', () => {
    let ledger = past([bolus(9), 1_000]);
    for (let index = 0; index < 2_000; index += 1) ledger = permitted(ledger, request('suspend'), NOW - HOUR);
    assert.equal(amountWithin(ledger, '[iU]', NOW, DAY), 9);
    assert.ok(ledger.commands.length <= 512);
  });
});

describe('a course', () => {
  test('counts the part of it that a window can hold', () => {
    const ledger = past([basal(3, 120), 90]);
    assert.equal(amountWithin(ledger, '[iU]', NOW, HOUR), 3);
    assert.equal(amountWithin(ledger, '[iU]', NOW, DAY), 6);
    assert.equal(amountWithin(past([basal(3, 120), 150]), '[iU]', NOW, HOUR), 1.5);
    assert.equal(amountWithin(past([basal(3, 120), 180]), '[iU]', NOW, HOUR), 0);
  });
  test('ends where a later one on the same device takes its place, and on no other', () => {
    assert.equal(amountWithin(past([basal(4, 120), 60], [basal(1, 120), 30]), '[iU]', NOW, DAY), 2 + 2);
    const elsewhere = basal(1, 120, { thing: 'pump-2' });
    assert.equal(amountWithin(past([basal(4, 120), 60], [elsewhere, 30]), '[iU]', NOW, DAY), 8 + 2);
    assert.equal(amountWithin(past([basal(4, 120), 60], [bolus(1), 30]), '[iU]', NOW, DAY), 8 + 1);
  });
  test('without an end counts a day of itself, and an hour its highest rate', () => {
    const rates = [...new Array<number>(23).fill(1), 5];
    const ledger = past([request('setBasalProfile', { rates }), 60]);
    assert.equal(amountWithin(ledger, '[iU]', NOW, DAY), 28);
    assert.equal(amountWithin(ledger, '[iU]', NOW, HOUR), 5);
  });
});

interface Asked {
  readonly atMin: number;
  readonly thing: string;
  readonly requester: string;
  readonly input: Readonly<Record<string, ThingValue>>;
}

test('window_bounds_hold: whatever is asked, by whom and of which device, no hour and no day gets more', () => {
  const asked: fc.Arbitrary<Asked> = fc.record({
    atMin: fc.integer({ min: 0, max: 30 * 60 }),
    thing: fc.constantFrom('pump', 'pump-2'),
    requester: fc.constantFrom('one', 'two'),
    input: fc.oneof(
      fc.record({ units: fc.double({ min: 0.05, max: 12, noNaN: true }) }),
      fc.record({ rate: fc.double({ min: 0, max: 6, noNaN: true }), durationMin: fc.integer({ min: 1, max: 140 }) }),
    ),
  });
  let most = 0;
  fc.assert(
    fc.property(fc.array(asked, { minLength: 40, maxLength: 80 }), (wishes) => {
      const sums = [0];
      for (const units of giveAll(wishes.toSorted((a, b) => a.atMin - b.atMin))) sums.push(sums.at(-1)! + units);
      for (const [length, bound] of [
        [60, 15],
        [24 * 60, 60],
      ] as const) {
        for (let end = 0; end < sums.length; end += 5) {
          const inWindow = sums[end]! - sums[Math.max(0, end - length)]!;
          assert.ok(inWindow <= bound + 1e-6, `${inWindow} in ${length} min before ${end}`);
          if (length > 60) most = Math.max(most, inWindow / bound);
        }
      }
    }),
    { numRuns: 20, seed: 1 },
  );
  assert.ok(most > 0.9, 'the bound of the day was reached');
});

/** What devices that are honest give, minute by minute, of what the guard permits. */
function giveAll(wishes: readonly Asked[]): readonly number[] {
  const given = new Array<number>(3 * 24 * 60).fill(0);
  const courseEnds = new Map<string, number>();
  const totals = new Map<string, number>();
  let ledger = EMPTY_LEDGER;
  let reportedMin = 0;
  const from = NOW;
  for (const { atMin, thing, requester, input } of wishes) {
    for (; reportedMin + 5 <= atMin; reportedMin += 5) {
      for (const [device, total] of totals)
        ledger = noteMessage(ledger, ...pumpReport(from + (reportedMin + 5) * MINUTE, total, device));
    }
    const now = from + atMin * MINUTE;
    const action = 'units' in input ? 'bolus' : 'setTemporaryBasal';
    const wish = request(action, input, { thing, requester, at: now });
    if (decide(wish, sampleContext({ now, ledger }), ENVELOPE).kind !== 'permit') continue;
    ledger = permitted(ledger, wish, now);
    const { units, rate, durationMin } = input as Readonly<Record<string, number>>;
    if (units !== undefined) {
      given[atMin]! += units;
      totals.set(thing, (totals.get(thing) ?? 0) + units);
    } else {
      const before = courseEnds.get(thing);
      // the course before ends here: what it would have given is taken back
      if (before !== undefined)
        for (const key of [...courses.keys()]) if (key.startsWith(`${thing} `)) cut(given, key, atMin);
      courses.set(`${thing} ${atMin}`, { rate: rate!, from: atMin, to: atMin + durationMin! });
      courseEnds.set(thing, atMin + durationMin!);
      for (let minute = atMin; minute < atMin + durationMin!; minute += 1) given[minute]! += rate! / 60;
    }
  }
  courses.clear();
  return given;
}

const courses = new Map<string, { readonly rate: number; readonly from: number; to: number }>();

function cut(given: number[], key: string, atMin: number): void {
  const course = courses.get(key)!;
  for (let minute = Math.max(course.from, atMin); minute < course.to; minute += 1) given[minute]! -= course.rate / 60;
  course.to = Math.min(course.to, atMin);
}
