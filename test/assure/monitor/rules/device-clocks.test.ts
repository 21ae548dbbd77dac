import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Rule } from '#assure/monitor/rule';
import { RULES } from '#assure/monitor/rule-table';
import { explain } from '#base/explanation';
import { HOUR, MINUTE, type Millis, SECOND } from '#base/time';
import { MOST_AHEAD } from '#mirror/channel/device-time';
import { observe, QUIET, trace } from '../observations.ts';

const rule = (id: string): Rule => RULES.get(id)!;
const CYCLE = 5 * MINUTE;
const YEARS = 20 * 365 * 24 * HOUR;

describe('clock-drift', () => {
  test('found_at_once: the first message that is stamped ahead, just outside the bound and not just inside', () => {
    const seen = observe(rule('clock-drift'));
    seen.report('cgm', CYCLE, { glucose: 120 });
    seen.report('cgm', 2 * CYCLE, { glucose: 120 }, 2 * CYCLE + MOST_AHEAD);
    assert.deepEqual(seen.what(), []);
    seen.report('cgm', 3 * CYCLE, { glucose: 120, battery: 90 }, 3 * CYCLE + MOST_AHEAD + SECOND);
    assert.equal(seen.findings.length, 1);
    const [finding] = seen.findings;
    const { thing, what, confidence, values } = finding!;
    assert.deepEqual(
      { thing, what, confidence, values },
      {
        thing: 'cgm',
        confidence: 'probable',
        what: 'ahead',
        values: { thing: 'cgm', seconds: 301, properties: 'glucose, battery' },
      },
    );
    const told = explain(finding!, { reported: false });
    assert.match(told, /`cgm`: its clock is `301` s ahead, so that what it says of `glucose, battery` is kept/);
  });

  test('also the very first of a thing, and one whose report claims to be sent ahead', () => {
    const seen = observe(rule('clock-drift'));
    seen.report('pump', CYCLE, {}, CYCLE + YEARS);
    assert.deepEqual(
      seen.findings.map(({ thing, what, values }) => [thing, what, values?.['properties']]),
      [['pump', 'ahead', '']],
    );
  });

  test('it learns nothing from what is ahead: the clock that is right afterwards is not off', () => {
    const seen = observe(rule('clock-drift'));
    seen.report('cgm', CYCLE, { glucose: 120 }, CYCLE + YEARS);
    for (let index = 2; index < 30; index += 1) seen.report('cgm', index * CYCLE, { glucose: 120 });
    assert.deepEqual(seen.what(), ['ahead']);
  });

  test('told again after an hour of right stamps, or half a day of wrong ones; now and then is one episode', () => {
    const flickering = observe(rule('clock-drift'));
    for (let index = 1; index <= 24; index += 1)
      flickering.report('cgm', index * CYCLE, { glucose: 120 }, index * CYCLE + (index % 4 === 0 ? HOUR : 0));
    assert.equal(flickering.what().filter((what) => what === 'ahead').length, 2, 'in two hours');
    const lasting = observe(rule('clock-drift'));
    for (let index = 1; index <= 12 * 25; index += 1)
      lasting.report('cgm', index * CYCLE, { glucose: 120 }, index * CYCLE + 6 * MINUTE);
    assert.equal(lasting.what().filter((what) => what === 'ahead').length, 3, 'in 25 hours');
  });
});

describe('timing', () => {
  test('a device that varies its stamps does not evade the rate bound', () => {
    const flood = (count: number, stamp: (index: number) => Millis) => {
      const seen = observe(rule('timing'));
      for (let index = 0; index < count; index += 1) seen.report('cgm', HOUR + index * 20 * SECOND, {}, stamp(index));
      return seen.what();
    };
    assert.deepEqual(
      flood(24, (index) => HOUR - index * 11 * MINUTE),
      ['held-back'],
    );
    assert.ok(flood(25, (index) => HOUR - index * 11 * MINUTE).includes('too-frequent'));
    assert.deepEqual(
      flood(25, (index) => HOUR + index * 20 * SECOND),
      ['too-frequent'],
    );
    assert.deepEqual(
      flood(24, (index) => HOUR + index * 20 * SECOND),
      [],
    );
  });

  test('what one device could not hand in while it was not heard is not too much, more than that is', () => {
    const handedIn = (messages: number) => {
      const seen = observe(rule('timing'));
      for (let index = 0; index <= 12; index += 1) {
        seen.report('pump', index * CYCLE, {});
        if (index === 0) seen.report('cgm', 0, {});
      }
      const back = 12 * CYCLE + SECOND;
      for (let index = 1; index <= messages; index += 1) seen.report('cgm', back + index, {}, back - 10 * SECOND);
      return seen.what().filter((what) => what === 'too-frequent');
    };
    // an hour is six more buckets of 24
    assert.deepEqual(handedIn(168), []);
    assert.deepEqual(handedIn(169), ['too-frequent']);
  });

  test('nobody_is_framed: one stamp ahead makes no honest message late', () => {
    for (const lead of [20 * SECOND, 4 * MINUTE, MOST_AHEAD, HOUR, YEARS]) {
      const seen = observe(rule('timing'));
      for (let index = 1; index <= 40; index += 1)
        seen.report('cgm', index * CYCLE, {}, index * CYCLE + (index === 3 ? lead : 0));
      assert.deepEqual(seen.what(), [], `${lead / MINUTE} min`);
    }
  });

  test('a clock that was set back is told of, and not for ever', () => {
    const seen = observe(rule('timing'));
    for (let index = 1; index <= 12 * 24; index += 1)
      seen.report('cgm', index * CYCLE, {}, index * CYCLE - (index > 12 ? HOUR : 0));
    assert.deepEqual(seen.what(), ['held-back']);
  });
});

describe('rules of the glucose signal', () => {
  /** Readings as they come, the monitor's clock off by `off` from the sixth on. */
  const readings = (id: string, off: Millis, glucose: (index: number) => number, count: number) => {
    const seen = observe(rule(id));
    for (let index = 1; index <= count; index += 1) {
      const now = index * CYCLE + YEARS;
      seen.report('cgm', now, { glucose: glucose(index) }, now + (index > 5 ? off : 0));
    }
    return seen.what();
  };
  const OFF = [0, 4 * MINUTE, HOUR, YEARS, -4 * MINUTE, -HOUR, -YEARS];

  test('no_stamp_blinds flat-line', () => {
    for (const off of OFF)
      assert.deepEqual(
        readings('flat-line', off, () => 120, 20),
        ['flat'],
        `${off / MINUTE} min`,
      );
  });

  test('no_stamp_blinds glucose-plausibility, and it accuses nobody of a rate for it', () => {
    for (const off of OFF) {
      const jump = (index: number) => (index < 15 ? trace(index) : trace(index) + 90);
      assert.deepEqual(readings('glucose-plausibility', off, jump, 18), ['jump'], `${off / MINUTE} min`);
      assert.deepEqual(
        readings('glucose-plausibility', off, (index) => trace(index), 40),
        [],
        `${off / MINUTE} min`,
      );
    }
  });

  test('no_stamp_blinds signal-replay', () => {
    for (const off of OFF) {
      const replay = (index: number) => trace(index > 60 ? index - 50 : index);
      assert.deepEqual(readings('signal-replay', off, replay, 85), ['replay'], `${off / MINUTE} min`);
    }
  });

  test('a monitor that always stamps the same instant is judged all the same', () => {
    const seen = observe(rule('flat-line'));
    for (let index = 1; index <= 20; index += 1) seen.report('cgm', HOUR + index * CYCLE, { glucose: 120 }, HOUR);
    assert.deepEqual(seen.what(), ['flat']);
  });
});

describe('insulin-reconciliation and alarm-inconsistency', () => {
  /** A day's bolus by a handset whose clock is off: commanded by the handset, delivered by the pump. */
  const honestBolus = (off: Millis, thing: 'pump' | 'handset') => {
    const seen = observe(rule('insulin-reconciliation'));
    for (let index = 1; index <= 30; index += 1) {
      const now = index * CYCLE;
      const given = index > 10 ? 4 : 0;
      const eaten = index > 9 ? 40 : 0;
      const stamp = (of: string) => now + (of === thing && index > 5 ? off : 0);
      seen.report('cgm', now, { ...QUIET.cgm, glucose: 120 });
      seen.report('pump', now + 1_000, { ...QUIET.pump, bolusDelivered: 20 + given }, stamp('pump') + 1_000);
      const handset = { commandedBolus: 20 + given, announcedCarbohydrates: 100 + eaten, glucoseUsed: 120 };
      seen.report('handset', now + 2_000, { ...QUIET.handset, ...handset }, stamp('handset') + 2_000);
      seen.tick(now + MINUTE);
    }
    return seen.what();
  };

  test('nobody_is_framed: an honest pump and handset agree, whichever clock is wrong', () => {
    for (const off of [6 * MINUTE, 4 * HOUR, YEARS, -4 * MINUTE]) {
      assert.deepEqual(honestBolus(off, 'handset'), [], `handset ${off / MINUTE} min`);
      assert.deepEqual(honestBolus(off, 'pump'), [], `pump ${off / MINUTE} min`);
    }
  });

  test('no_stamp_blinds: a bolus that nothing calls for is found though the handset stamps it ahead', () => {
    const seen = observe(rule('insulin-reconciliation'));
    for (let index = 1; index <= 6; index += 1) {
      const now = index * CYCLE;
      seen.report('cgm', now, { ...QUIET.cgm, glucose: 120 });
      const commandedBolus = index < 5 ? 20 : 32;
      seen.report('handset', now + 2_000, { ...QUIET.handset, commandedBolus, glucoseUsed: 120 }, now + 10 * MINUTE);
    }
    assert.deepEqual(seen.what(), ['uncalled-bolus']);
  });

  test('an alarm that is stamped ahead is an alarm', () => {
    const seen = observe(rule('alarm-inconsistency'));
    for (let index = 1; index <= 8; index += 1) {
      const now = index * CYCLE;
      seen.report('cgm', now, { glucose: index < 3 ? 100 : 60 });
      const alarmCondition = index < 3 ? 'none' : 'low-glucose';
      seen.report('handset', now + 2_000, { ...QUIET.handset, alarmCondition }, now + 10 * MINUTE);
    }
    assert.deepEqual(seen.what(), []);
  });
});

describe('a role with another key or thing', () => {
  test('gaps of the new numbers are found, and its number is no gap', () => {
    const seen = observe(rule('sequence'));
    seen.skip(1_000);
    seen.report('cgm', CYCLE, {});
    seen.replace(2 * CYCLE, 'gateway');
    seen.report('cgm', 3 * CYCLE, {});
    assert.deepEqual(seen.what(), []);
    seen.skip(4);
    seen.report('cgm', 4 * CYCLE, {});
    assert.deepEqual(seen.what(), ['missing']);
  });

  test('the clock of another thing is its own, and what it does is told anew', () => {
    const seen = observe(rule('clock-drift'));
    const run = (from: number, off: Millis) => {
      for (let index = from; index < from + 20; index += 1) seen.report('pump', index * CYCLE, {}, index * CYCLE + off);
    };
    run(1, 0);
    seen.replace(21 * CYCLE, 'pump');
    run(21, -HOUR);
    assert.deepEqual(seen.what(), [], 'a constant delay is no step');
    seen.report('pump', 41 * CYCLE, {}, 42 * CYCLE + HOUR);
    seen.replace(42 * CYCLE, 'pump');
    seen.report('pump', 43 * CYCLE, {}, 44 * CYCLE + HOUR);
    assert.deepEqual(seen.what(), ['ahead', 'ahead']);
  });

  test('another battery is not emptied, another sensor not smooth, another link not attacked', () => {
    const battery = observe(rule('battery-drain'));
    battery.report('cgm', CYCLE, { battery: 90 });
    battery.replace(2 * CYCLE, 'cgm');
    battery.report('cgm', 3 * CYCLE, { battery: 40 });
    battery.report('cgm', 4 * CYCLE, { battery: 36.9 });
    assert.deepEqual(battery.what(), ['battery'], 'its own drain is still found');

    const jump = observe(rule('glucose-plausibility'));
    jump.report('cgm', CYCLE, { glucose: 100 });
    jump.replace(CYCLE + MINUTE, 'cgm');
    jump.report('cgm', 2 * CYCLE, { glucose: 200 });
    assert.deepEqual(jump.what(), []);

    const flat = observe(rule('flat-line'));
    for (let index = 1; index <= 8; index += 1) flat.report('cgm', index * CYCLE, { glucose: 100 });
    flat.replace(8 * CYCLE + MINUTE, 'cgm');
    flat.report('cgm', 9 * CYCLE, { glucose: 100 });
    assert.deepEqual(flat.what(), []);

    const link = observe(rule('authenticity-failure'));
    link.report('pump', CYCLE, { refusedFrames: 0 });
    link.report('pump', 2 * CYCLE, { refusedFrames: 1 });
    link.replace(2 * CYCLE + MINUTE, 'pump');
    link.report('pump', 3 * CYCLE, { refusedFrames: 40 });
    assert.deepEqual(link.what(), []);
  });

  test('readings of days before are remembered: keying anew hides no replay', () => {
    const seen = observe(rule('signal-replay'));
    for (let index = 1; index <= 85; index += 1) {
      if (index === 61) seen.replace(index * CYCLE - MINUTE, 'cgm');
      seen.report('cgm', index * CYCLE, { glucose: trace(index > 60 ? index - 50 : index) });
    }
    assert.deepEqual(seen.what(), ['replay']);
  });

  test('another pump or handset owes nothing and took nothing, and its own excess is found', () => {
    for (const thing of ['pump', 'handset'] as const) {
      const seen = observe(rule('insulin-reconciliation'));
      for (let index = 1; index <= 10; index += 1) seen.cycle(index * CYCLE, 120);
      seen.replace(10 * CYCLE + 2 * MINUTE, thing);
      const pump = thing === 'pump' ? { bolusDelivered: 700, basalDelivered: 900, reservoir: 20 } : {};
      const handset = thing === 'handset' ? { commandedBolus: 3, announcedCarbohydrates: 20 } : {};
      for (let index = 11; index <= 30; index += 1) seen.cycle(index * CYCLE, 120, { pump, handset });
      assert.deepEqual(seen.what(), [], thing);
      const more = { ...pump, bolusDelivered: (pump.bolusDelivered ?? 20) + 3 };
      for (let index = 31; index <= 34; index += 1) seen.cycle(index * CYCLE, 120, { pump: more, handset });
      assert.ok(seen.what().includes('excess-bolus'), thing);
    }
  });

  test('a setting that was accepted is not accepted anew: a swap hides no change of it', () => {
    const seen = observe(rule('therapy-parameter-drift'));
    seen.cycle(CYCLE, 120);
    seen.replace(CYCLE + 2 * MINUTE, 'pump');
    seen.cycle(2 * CYCLE, 120, { pump: { maxBolus: 25 } });
    assert.deepEqual(seen.what(), ['maxBolus/far']);
  });

  test('one that is never heard is still missed', () => {
    const seen = observe(rule('silence'));
    for (let index = 1; index <= 5; index += 1) seen.cycle(index * CYCLE, 120);
    seen.replace(5 * CYCLE + 2 * MINUTE, 'pump');
    for (let index = 6; index <= 12; index += 1) {
      seen.report('cgm', index * CYCLE, { glucose: 120 });
      seen.report('handset', index * CYCLE, QUIET.handset);
      seen.tick(index * CYCLE + MINUTE);
    }
    assert.deepEqual(
      seen.findings.map(({ thing, what }) => [thing, what]),
      [['pump', 'silent']],
    );
  });
});
