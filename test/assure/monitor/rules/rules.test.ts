import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RULES } from '#assure/monitor/rule-table';
import { HOUR, MINUTE } from '#base/time';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { observe, QUIET, trace } from '../observations.ts';

const rule = (id: string) => RULES.get(id)!;
const CYCLE = 5 * MINUTE;

test('every rule is in the table under its own id and says what there is to know about it', () => {
  for (const [id, { statement, cost, answers, knownFalsePositives }] of RULES) {
    assert.equal(rule(id).id, id);
    assert.ok(statement.length > 0 && cost.length > 0 && answers.length > 0 && knownFalsePositives.length > 0, id);
  }
});

test('a quiet day gives no rule a reason', () => {
  for (const [id, quiet] of RULES) {
    const seen = observe(quiet);
    for (let index = 1; index <= 288; index += 1) {
      const pump = { basalDelivered: 10 + index / 12, reservoir: 200 - index / 12 };
      seen.cycle(index * CYCLE, trace(index), { pump });
    }
    assert.deepEqual(seen.findings, [], id);
  }
});

describe('authenticity-failure', () => {
  test('a message that no key opens, once an hour', () => {
    const seen = observe(rule('authenticity-failure'));
    for (let minute = 0; minute < 90; minute += 10) seen.refuse(minute * MINUTE, 'not-authentic');
    assert.deepEqual(
      seen.findings.map(({ confidence, at }) => [confidence, at]),
      [
        ['certain', 0],
        ['certain', HOUR],
      ],
    );
  });
  test('claimed names do not grow its memory', () => {
    const seen = observe(rule('authenticity-failure'));
    for (let index = 0; index < 50; index += 1) seen.refuse(index, 'unknown-sender', `nobody-${index}`);
    assert.deepEqual(
      seen.findings.map(({ thing }) => thing),
      ['platform'],
    );
  });
  test('frames that the pump refused, not a single one', () => {
    const seen = observe(rule('authenticity-failure'));
    seen.cycle(CYCLE, 120);
    seen.cycle(2 * CYCLE, 120, { pump: { refusedFrames: 1 } });
    assert.deepEqual(seen.what(), []);
    seen.cycle(3 * CYCLE, 120, { pump: { refusedFrames: 3 } });
    assert.deepEqual(seen.what(), ['link-frames']);
  });
});

describe('sequence', () => {
  test('a replay is told, a lost message now and then is not', () => {
    const seen = observe(rule('sequence'));
    for (let index = 1; index < 100; index += 1) {
      if (index % 33 === 0) seen.skip(1);
      seen.cycle(index * CYCLE, 120);
    }
    assert.deepEqual(seen.what(), []);
    seen.refuse(100 * CYCLE, 'replayed');
    seen.skip(8);
    seen.cycle(101 * CYCLE, 120);
    assert.deepEqual(seen.what(), ['replayed', 'missing']);
  });
});

describe('silence', () => {
  test('one device, then all', () => {
    const seen = observe(rule('silence'));
    seen.cycle(CYCLE, 120);
    for (let minute = 6; minute < 70; minute += 1) {
      seen.report('pump', minute * MINUTE, QUIET.pump);
      seen.report('cgm', minute * MINUTE, { glucose: 120 });
      seen.tick(minute * MINUTE);
    }
    assert.deepEqual(
      seen.findings.map(({ thing, confidence }) => [thing, confidence]),
      [
        ['handset', 'possible'],
        ['handset', 'probable'],
      ],
    );
    seen.tick(100 * MINUTE);
    assert.equal(seen.what().at(-1), 'uplink-silent');
  });
  test('a handset that does not hear the monitor while the platform does', () => {
    const seen = observe(rule('silence'));
    for (let index = 1; index < 8; index += 1)
      seen.cycle(index * CYCLE, 120, { handset: { glucoseUsedAge: 5 * (index - 1) } });
    assert.deepEqual(seen.what(), ['reading-blocked']);
  });
});

describe('timing', () => {
  test('messages held back are told, what a gateway hands in after an outage is not', () => {
    const held = observe(rule('timing'));
    for (let index = 1; index < 20; index += 1)
      held.report('cgm', index * CYCLE, { glucose: 120 }, index * CYCLE - (index > 10 ? 4 * MINUTE : 0));
    assert.deepEqual(held.what(), ['held-back']);
    const handedIn = observe(rule('timing'));
    handedIn.report('cgm', CYCLE, { glucose: 120 });
    for (let index = 2; index < 14; index += 1)
      handedIn.report('cgm', 14 * CYCLE + index * 100, { glucose: 120 }, index * CYCLE);
    assert.deepEqual(handedIn.what(), []);
  });
});

describe('glucose-plausibility', () => {
  test('a step and a climb that no body makes', () => {
    const seen = observe(rule('glucose-plausibility'));
    [120, 122, 200, 203, 206, 240, 275, 310, 345].forEach((glucose, index) => {
      seen.cycle((index + 1) * CYCLE, glucose);
    });
    assert.deepEqual(seen.what(), ['jump', 'rate']);
  });
  test('a new sensor may start anywhere', () => {
    const seen = observe(rule('glucose-plausibility'));
    seen.cycle(CYCLE, 120);
    seen.cycle(CYCLE + 2 * HOUR, 260);
    assert.deepEqual(seen.what(), []);
  });
});

describe('flat-line', () => {
  test('nine equal readings, unless the sensor is at its end', () => {
    const run = (glucose: number) => {
      const seen = observe(rule('flat-line'));
      for (let index = 1; index <= 12; index += 1) seen.cycle(index * CYCLE, glucose);
      return seen.what();
    };
    assert.deepEqual(run(120), ['flat']);
    for (const end of [39, 40, 400, 401]) assert.deepEqual(run(end), []);
  });
  test('a curve without the noise that this sensor always had', () => {
    const seen = observe(rule('flat-line'));
    for (let index = 1; index <= 500; index += 1)
      seen.cycle(index * CYCLE, index < 320 ? trace(index) : 130 + 40 * Math.sin(index / 30));
    assert.deepEqual(seen.what(), ['smooth']);
  });
});

describe('signal-replay', () => {
  test("last evening's readings shown again", () => {
    const seen = observe(rule('signal-replay'));
    for (let index = 1; index <= 360; index += 1) seen.cycle(index * CYCLE, trace(index > 300 ? index - 200 : index));
    assert.deepEqual(seen.what(), ['replay']);
    const finding = seen.findings[0]!;
    assert.ok(Math.abs(Number(finding.reported?.['hours']) - 200 / 12) < 0.01);
    assert.ok(finding.at <= 324 * CYCLE + MINUTE, 'within two hours');
  });
});

describe('insulin-reconciliation', () => {
  const start = (pump = {}) => {
    const seen = observe(rule('insulin-reconciliation'));
    for (let index = 1; index <= 4; index += 1) seen.cycle(index * CYCLE, 120 + index, { pump });
    return seen;
  };
  const ratesOf = (count: number, change: Parameters<ReturnType<typeof observe>['cycle']>[2]) => {
    const seen = start();
    for (let index = 5; index < 5 + count; index += 1) seen.cycle(index * CYCLE, 120 + index, change);
    return seen.what();
  };

  test('a bolus that nobody commanded, once for each', () => {
    const seen = start();
    for (const index of [5, 6, 7, 8, 9, 10])
      seen.cycle(index * CYCLE, 120 + index, { pump: { bolusDelivered: 30, lastBolus: 10 } });
    assert.deepEqual(seen.what(), ['excess-bolus']);
    for (const index of [11, 12, 13])
      seen.cycle(index * CYCLE, 120 + index, { pump: { bolusDelivered: 35, lastBolus: 5 } });
    assert.deepEqual(seen.what(), ['excess-bolus', 'excess-bolus']);
  });
  test('a bolus that the handset tells of a report later is no surplus', () => {
    const seen = start();
    seen.report('pump', 5 * CYCLE, { ...QUIET.pump, bolusDelivered: 21 });
    seen.report('handset', 5 * CYCLE + 40_000, { ...QUIET.handset, commandedBolus: 24, announcedCarbohydrates: 140 });
    for (const index of [6, 7, 8, 9, 10])
      seen.cycle(index * CYCLE, 120 + index, {
        pump: { bolusDelivered: 24 },
        handset: { commandedBolus: 24, announcedCarbohydrates: 140 },
      });
    assert.deepEqual(seen.what(), []);
  });
  test('a bolus that fits a meal whose bolus the handset never claimed is only possible', () => {
    const seen = start();
    for (const index of [5, 6, 7])
      seen.cycle(index * CYCLE, 120 + index, {
        pump: { bolusDelivered: 24, lastBolus: 4 },
        handset: { announcedCarbohydrates: 140 },
      });
    assert.deepEqual(
      seen.findings.map(({ confidence }) => confidence),
      ['possible'],
    );
  });
  test("the platform's own bolus is accounted for", () => {
    const seen = start();
    seen.dispatch(4 * CYCLE + 2 * MINUTE, 'bolus', { units: 3 });
    for (const index of [5, 6, 7, 8]) seen.cycle(index * CYCLE, 120 + index, { pump: { bolusDelivered: 23 } });
    assert.deepEqual(seen.what(), []);
  });
  test('a bolus commanded and not delivered', () => {
    assert.deepEqual(ratesOf(5, { handset: { commandedBolus: 24, announcedCarbohydrates: 140 } }), ['missing-bolus']);
  });
  test('a bolus that nothing calls for', () => {
    assert.deepEqual(ratesOf(1, { handset: { commandedBolus: 26 }, pump: { bolusDelivered: 26 } }), ['uncalled-bolus']);
  });
  test('a basal rate above or below what is commanded, in closed loop only', () => {
    assert.deepEqual(ratesOf(4, { pump: { basalRate: 3 } }), ['excess-basal']);
    assert.deepEqual(ratesOf(4, { pump: { basalRate: 0.2 } }), ['missing-basal']);
    assert.deepEqual(ratesOf(4, { pump: { basalRate: 3, controlMode: 'safe-basal' } }), []);
  });
  test('a suspend that nobody asked for, not one for low glucose', () => {
    const pump = { basalRate: 0, deliveryState: 'suspended', controlMode: 'manual' };
    assert.deepEqual(ratesOf(4, { pump }), ['unexplained-suspend']);
    assert.deepEqual(ratesOf(4, { pump: { ...pump, alarmCondition: 'low-glucose-suspend' } }), []);
  });
  test('a reservoir that loses more than was delivered; a refill is none', () => {
    assert.deepEqual(ratesOf(2, { pump: { reservoir: 145 } }), ['reservoir-loss']);
    assert.deepEqual(ratesOf(2, { pump: { reservoir: 300 } }), []);
  });
  test('a handset that uses what the monitor never read: probable, then certain', () => {
    const seen = start();
    for (const index of [5, 6, 7, 8]) seen.cycle(index * CYCLE, 100 + index, { handset: { glucoseUsed: 190 + index } });
    assert.deepEqual(
      seen.findings.map(({ confidence, what }) => [what, confidence]),
      [
        ['glucose-used-differs', 'probable'],
        ['glucose-used-differs', 'certain'],
      ],
    );
  });
  test('an enabled remote may be used, and not to stack one dose on the other', () => {
    const seen = start({ remoteEnabled: true });
    const at = (index: number, bolusDelivered: number) =>
      seen.cycle(index * CYCLE, 120 + index, { pump: { remoteEnabled: true, bolusDelivered, lastBolus: 5 } });
    for (const index of [5, 6, 7]) at(index, 25);
    assert.deepEqual(seen.what(), []);
    for (const index of [15, 16, 17]) at(index, 30);
    assert.deepEqual(seen.what(), ['excess-bolus']);
  });
});

describe('therapy-parameter-drift', () => {
  test('a setting changed behind the back of the platform, again once it is far off', () => {
    const seen = observe(rule('therapy-parameter-drift'));
    [10, 10, 8.5, 8.5, 3].forEach((carbRatio, index) => {
      seen.cycle((index + 1) * CYCLE, 120, { handset: { carbRatio } });
    });
    assert.deepEqual(seen.what(), ['carbRatio', 'carbRatio/far']);
  });
  test('what the platform set itself is accepted', () => {
    const seen = observe(rule('therapy-parameter-drift'));
    const rates = new Array<number>(24).fill(0.9);
    seen.cycle(CYCLE, 120);
    seen.dispatch(CYCLE + 2 * MINUTE, 'setBasalProfile', { rates });
    seen.cycle(2 * CYCLE, 120, { pump: { basalProfile: rates } });
    assert.deepEqual(seen.what(), []);
    seen.cycle(3 * CYCLE, 120, { pump: { basalProfile: rates, remoteEnabled: true } });
    assert.deepEqual(seen.what(), ['remoteEnabled']);
  });
});

describe('alarm-inconsistency', () => {
  test('low glucose without an alarm, and an alarm without low glucose', () => {
    const run = (glucose: number, alarmCondition: string) => {
      const seen = observe(rule('alarm-inconsistency'));
      for (let index = 1; index <= 8; index += 1)
        seen.cycle(index * CYCLE, glucose - (index % 2), { handset: { alarmCondition } });
      return seen.what();
    };
    assert.deepEqual(run(60, 'none'), ['alarm-missing']);
    assert.deepEqual(run(60, 'low-glucose'), []);
    assert.deepEqual(run(160, 'urgent-low-glucose'), ['alarm-unfounded']);
  });
  test('a pump that says nothing about an empty reservoir', () => {
    const seen = observe(rule('alarm-inconsistency'));
    for (const index of [1, 2, 3]) seen.cycle(index * CYCLE, 120, { pump: { reservoir: 5 } });
    assert.deepEqual(seen.what(), ['alarm-missing']);
  });
});

describe('clock-drift', () => {
  const shifted = (shift: number) => {
    const seen = observe(rule('clock-drift'));
    for (let index = 1; index <= 20; index += 1)
      seen.report('handset', index * CYCLE, QUIET.handset, index * CYCLE + (index > 10 ? shift : 0));
    return seen.what();
  };
  test('a clock that was set, and which way', () => {
    assert.deepEqual(shifted(4 * HOUR), ['ahead', 'step-ahead']);
    assert.deepEqual(shifted(-HOUR), ['step']);
    assert.deepEqual(shifted(20_000), []);
  });
});

describe('battery-drain', () => {
  test('weeks of charge within an hour', () => {
    const seen = observe(rule('battery-drain'));
    for (let index = 1; index <= 12; index += 1) seen.cycle(index * CYCLE, 120, { pump: { battery: 80 - index / 2 } });
    assert.deepEqual(seen.what(), ['battery']);
  });
});

describe('remote-command-pattern', () => {
  test('the fourth bolus within two hours, and one while low', () => {
    const many = observe(rule('remote-command-pattern'));
    for (let index = 0; index < 4; index += 1) many.dispatch(index * 20 * MINUTE, 'bolus', { units: 1 });
    assert.deepEqual(many.what(), ['many-boluses']);
    const low = observe(rule('remote-command-pattern'));
    low.cycle(CYCLE, 75);
    low.dispatch(2 * CYCLE, 'bolus', { units: 1 });
    assert.deepEqual(low.what(), ['bolus-while-low']);
  });
});

test('history-tampering: what an audit finds is certain', () => {
  const seen = observe(rule('history-tampering'));
  seen.audit(0, 'intact');
  seen.audit(1, 'tampered');
  assert.deepEqual(
    seen.findings.map(({ confidence, values }) => [confidence, values?.['firstBad']]),
    [['certain', 7]],
  );
});

test('rules answer techniques that exist', () => {
  const known = new Set(TECHNIQUES.keys());
  const ours = [...RULES].filter(([id]) => id !== 'divergence' && id !== 'unexplained-insulin-effect');
  const unknown = ours.flatMap(([id, { answers }]) =>
    answers.filter((answer) => !known.has(answer)).map((a) => `${id}: ${a}`),
  );
  assert.deepEqual(unknown, []);
});
