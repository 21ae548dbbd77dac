import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMonitor } from '#assure/monitor/monitor';
import type { Rule } from '#assure/monitor/rule';
import { RULES } from '#assure/monitor/rule-table';
import { explain, withoutReported } from '#base/explanation';
import { HOUR, MINUTE } from '#base/time';
import { createTwin } from '#mirror/twin/twin';
import { observe, QUIET, trace } from '../observations.ts';
import { assertWhole } from '../whole-finding.ts';

const CYCLE = 5 * MINUTE;
type Seen = ReturnType<typeof observe>;
type Change = Parameters<Seen['cycle']>[2];

/**
 * The same happens to two people: `by` is 0 for the one and 1 for the other, and moves all that devices report of them, but not so
 * far that a rule would judge otherwise.
 */
interface Story {
  readonly what: readonly string[];
  /** What somebody may know who may not read the twin. */
  readonly told: readonly string[];
  /** Whether what was found rests on nothing that devices report. */
  readonly impersonal?: true;
  readonly happens: (seen: Seen, by: 0 | 1) => void;
}

const cycles =
  (
    from: number,
    to: number,
    glucose: (index: number, by: number) => number,
    change: (by: number) => Change = () => ({}),
  ) =>
  (seen: Seen, by: 0 | 1): void => {
    for (let index = from; index <= to; index += 1) seen.cycle(index * CYCLE, glucose(index, by), change(by));
  };
const quiet = cycles(1, 4, (index, by) => 137 + index + 3 * by);
/** A quiet start, and then something that lasts. */
const then =
  (count: number, change: (by: number) => Change): Story['happens'] =>
  (seen, by) => {
    quiet(seen, by);
    cycles(5, 4 + count, (index) => 137 + index + 3 * by, change)(seen, by);
  };

const clockSetBy =
  (shift: number): Story['happens'] =>
  (seen, by) => {
    for (let index = 1; index <= 20; index += 1) {
      const sentAt = index * CYCLE + (index > 10 ? shift : 0);
      seen.report('handset', index * CYCLE, { carbRatio: 10 + by }, sentAt);
    }
  };

const STORIES: Readonly<Record<string, readonly Story[]>> = {
  'authenticity-failure': [
    {
      what: ['channel'],
      told: ['channel: refused as `value-out-of-model`: …'],
      happens: (seen, by) => seen.refuse(0, 'value-out-of-model', 'gateway', `\`glucose\` is \`${1137 + by}\``),
    },
    {
      what: ['channel'],
      told: ['channel: refused as `unknown-sender`: no key of `nobody`'],
      impersonal: true,
      happens: (seen) => seen.refuse(0, 'unknown-sender', 'nobody', 'no key of `nobody`'),
    },
    {
      what: ['link-frames'],
      told: ['radio link: `3` frames for the pump failed its checks within `15` min'],
      impersonal: true,
      happens: (seen, by) => {
        quiet(seen, by);
        seen.cycle(5 * CYCLE, 137 + by, { pump: { refusedFrames: 3 } });
      },
    },
  ],
  sequence: [
    {
      what: ['replayed', 'missing'],
      told: [
        'channel: a message came again, refused as `replayed`: sequence `unknown`',
        'channel: `8` messages of `gateway` are missing within `60` min',
      ],
      impersonal: true,
      happens: (seen, by) => {
        quiet(seen, by);
        seen.refuse(5 * CYCLE, 'replayed');
        seen.skip(8);
        seen.cycle(6 * CYCLE, 137 + by);
      },
    },
  ],
  timing: [
    {
      what: ['held-back'],
      told: ['`cgm`: `3` messages came more than `2` min late'],
      impersonal: true,
      happens: (seen, by) => {
        for (let index = 1; index < 20; index += 1)
          seen.report('cgm', index * CYCLE, { glucose: 137 + by }, index * CYCLE - (index > 10 ? 4 * MINUTE : 0));
      },
    },
    {
      what: ['too-frequent'],
      told: ['`cgm`: `25` messages within `10` min'],
      impersonal: true,
      happens: (seen, by) => {
        for (let index = 0; index < 30; index += 1) seen.report('cgm', index * 1_000, { glucose: 137 + by });
      },
    },
  ],
  silence: [
    {
      what: ['silent'],
      told: ['`handset`: not heard for `27` min'],
      impersonal: true,
      happens: (seen, by) => {
        seen.cycle(0, 137 + by);
        for (let minute = 5; minute <= 27; minute += 1) {
          seen.report('cgm', minute * MINUTE, { glucose: 137 + by });
          seen.report('pump', minute * MINUTE, QUIET.pump);
          seen.tick(minute * MINUTE);
        }
      },
    },
    {
      what: ['reading-blocked'],
      told: ['handset: has not heard the monitor for … min, although the platform has'],
      happens: (seen, by) => {
        for (let index = 1; index < 8; index += 1)
          seen.cycle(index * CYCLE, 137, { handset: { glucoseUsedAge: 5 * (index - 1) + by / 2 } });
      },
    },
    {
      what: ['command-blocked'],
      told: ['handset: has not heard the pump for … min, although the platform has'],
      happens: (seen, by) => {
        for (let index = 1; index < 8; index += 1)
          seen.cycle(index * CYCLE, 137, { handset: { pumpContactAge: 5 * (index - 1) + by / 2 } });
      },
    },
  ],
  'glucose-plausibility': [
    {
      what: ['jump', 'rate'],
      told: ['glucose: … to … mg/dL within one reading', 'glucose: … (mg/dL)/min over … min'],
      happens: (seen, by) => {
        [120, 122, 200, 203, 206, 240, 275, 310, 345].forEach((glucose, index) => {
          seen.cycle((index + 1) * CYCLE, glucose + (index < 2 ? 0 : by * 7));
        });
      },
    },
  ],
  'flat-line': [
    {
      what: ['flat'],
      told: ['glucose: … mg/dL for … readings in a row'],
      happens: cycles(1, 12, (_, by) => 137 + by),
    },
    {
      what: ['smooth'],
      told: ['glucose: noise is … % of what this sensor shows'],
      happens: cycles(1, 500, (index, by) => (index < 320 ? trace(index) : 130 + by / 8 + 40 * Math.sin(index / 30))),
    },
  ],
  'signal-replay': [
    {
      what: ['replay'],
      told: ['glucose: the last 14 readings equal those of … h ago'],
      happens: cycles(1, 340, (index, by) => trace(index > 300 ? index - 200 - 9 * by : index)),
    },
  ],
  'insulin-reconciliation': [
    {
      what: ['excess-bolus'],
      told: ['pump: bolus of … [iU] that neither handset nor platform commanded'],
      happens: then(4, (by) => ({ pump: { bolusDelivered: 30 + by, lastBolus: 10 + by } })),
    },
    {
      what: ['missing-bolus'],
      told: ['pump: … [iU] of commanded boluses were not delivered'],
      happens: then(5, (by) => ({ handset: { commandedBolus: 24 + by, announcedCarbohydrates: 150 } })),
    },
    {
      what: ['uncalled-bolus'],
      told: ['handset: commanded … [iU] where at most … [iU] are called for'],
      happens: then(1, (by) => ({ handset: { commandedBolus: 28 + by }, pump: { bolusDelivered: 28 + by } })),
    },
    {
      what: ['excess-basal'],
      told: ['pump: basal … [iU]/h, while the handset commands … [iU]/h'],
      happens: then(4, (by) => ({ pump: { basalRate: 3 + by / 2 } })),
    },
    {
      what: ['missing-basal'],
      told: ['pump: basal … [iU]/h, while the handset commands … [iU]/h'],
      happens: then(4, (by) => ({ pump: { basalRate: 0.2 + by / 10 } })),
    },
    {
      what: ['unexplained-suspend'],
      told: ['pump: suspended without a reason that is known, while the handset commands … [iU]/h'],
      happens: then(4, (by) => ({
        pump: { basalRate: 0, deliveryState: 'suspended', controlMode: 'manual' },
        handset: { commandedBasalRate: 1 + by / 2 },
      })),
    },
    {
      what: ['basal-over-rate'],
      told: ['pump: … [iU] of basal beyond the rates it reported'],
      happens: then(1, (by) => ({ pump: { basalDelivered: 12 + by } })),
    },
    {
      what: ['reservoir-loss'],
      told: ['pump: … [iU] left the reservoir, … [iU] were reported as delivered'],
      happens: then(2, (by) => ({ pump: { reservoir: 145 - by } })),
    },
    {
      what: ['glucose-used-differs', 'glucose-used-differs'],
      told: new Array<string>(2).fill('handset: used … mg/dL, the monitor reported … mg/dL, … times in a row'),
      happens: (seen, by) => {
        quiet(seen, by);
        for (let index = 5; index < 9; index += 1)
          seen.cycle(index * CYCLE, 137 + index, { handset: { glucoseUsed: 190 + by + index } });
      },
    },
  ],
  'therapy-parameter-drift': [
    {
      what: ['carbRatio/far'],
      told: ['`handset`: `carbRatio` is …, not … as it was commissioned'],
      happens: then(2, (by) => ({ handset: { carbRatio: 4 + by } })),
    },
    {
      what: ['maxBolus'],
      told: ['`pump`: `maxBolus` is …, not … as it was commissioned'],
      happens: then(2, (by) => ({ pump: { maxBolus: 11 + by } })),
    },
  ],
  'alarm-inconsistency': [
    {
      what: ['alarm-missing'],
      told: ['handset: alarm … while the monitor reads … mg/dL'],
      happens: cycles(
        1,
        8,
        (index, by) => 60 - (index % 2) - by,
        (by) => ({ handset: { alarmCondition: by === 0 ? 'none' : 'high-glucose' } }),
      ),
    },
    {
      what: ['alarm-unfounded'],
      told: ['handset: alarm … while the monitor reads … mg/dL'],
      happens: cycles(
        1,
        8,
        (index, by) => 160 - (index % 2) - by,
        (by) => ({ handset: { alarmCondition: by === 0 ? 'low-glucose' : 'urgent-low-glucose' } }),
      ),
    },
    {
      what: ['alarm-missing'],
      told: ['pump: no alarm while its reservoir holds … [iU]'],
      happens: then(2, (by) => ({ pump: { reservoir: 5 + by } })),
    },
    {
      what: ['alarm-missing'],
      told: ['pump: no alarm while its battery is at … %'],
      happens: then(2, (by) => ({ pump: { battery: 5 + by } })),
    },
    {
      what: ['alarm-missing'],
      told: ['pump: no alarm while its delivery is …'],
      happens: then(2, (by) => ({ pump: { deliveryState: by === 0 ? 'occluded' : 'empty' } })),
    },
  ],
  'clock-drift': [
    {
      what: ['step'],
      told: ['`handset`: its clock is off by `-3600` s, as a step'],
      impersonal: true,
      happens: clockSetBy(-HOUR),
    },
    {
      what: ['ahead', 'step-ahead'],
      told: [
        '`handset`: its clock is `14400` s ahead, so that what it says of `carbRatio` is kept and not used; set it, or look who speaks for it',
        '`handset`: its clock is off by `14400` s, as a step',
      ],
      impersonal: true,
      happens: clockSetBy(4 * HOUR),
    },
  ],
  'battery-drain': [
    {
      what: ['battery'],
      told: ['pump: battery fell by … % within … h'],
      happens: (seen, by) => {
        for (let index = 1; index <= 12; index += 1)
          seen.cycle(index * CYCLE, 137, { pump: { battery: 80 - index * (0.5 - by / 100) } });
      },
    },
  ],
  'remote-command-pattern': [
    {
      what: ['bolus-while-low'],
      told: ['platform: remote bolus of … [iU], `1` within `120` min, glucose … mg/dL'],
      happens: (seen, by) => {
        seen.cycle(CYCLE, 75 + by);
        seen.dispatch(2 * CYCLE, 'bolus', { units: 1 + by });
      },
    },
    {
      what: ['many-suspends'],
      told: ['platform: delivery suspended from afar `3` times within `120` min'],
      impersonal: true,
      happens: (seen) => {
        for (const index of [1, 2, 3]) seen.dispatch(index * CYCLE, 'suspend', { durationMin: 30 });
      },
    },
    {
      what: ['refused-commands'],
      told: ['platform: `account-1` was refused `3` times within `120` min, last `bolus` by `plausibility, rate`'],
      impersonal: true,
      happens: (seen) => {
        for (const index of [1, 2, 3]) seen.refuseCommand(index * CYCLE, 'bolus', ['plausibility', 'rate']);
      },
    },
  ],
  'history-tampering': [
    {
      what: ['record-altered'],
      told: ['history: record `7` is not what was recorded'],
      impersonal: true,
      happens: (seen) => seen.audit(0, 'tampered'),
    },
  ],
};

for (const [id, stories] of Object.entries(STORIES))
  describe(`no_finding_tells_of_the_patient: ${id}`, () => {
    for (const { what, told, impersonal, happens } of stories)
      test(told.join(', '), () => {
        const [one, other] = ([0, 1] as const).map((by) => {
          const seen = observe(RULES.get(id)!);
          happens(seen, by);
          return seen.findings;
        });
        assert.deepEqual(
          one!.map((finding) => finding.what),
          what,
        );
        assert.deepEqual(
          one!.map((finding) => explain(finding, { reported: false })),
          told,
        );
        // whoever may not read the twin cannot tell the two people apart
        assert.deepEqual(one!.map(withoutReported), other!.map(withoutReported));
        one!.forEach((finding, index) => {
          assertWhole(finding);
          if (impersonal === true) assert.equal(finding.reported, undefined);
          else assert.notDeepEqual(finding.reported, other![index]!.reported);
        });
      });
  });

test('every rule has its story here', () => {
  // with the estimator, beside what else they are tested for
  const elsewhere = ['divergence', 'unexplained-insulin-effect'];
  assert.deepEqual([...RULES.keys()].sort(), [...Object.keys(STORIES), ...elsewhere].sort());
});

test('what a rule stumbled over is told with the twin only', () => {
  const failing: Rule = {
    ...RULES.get('silence')!,
    check: () => {
      throw new Error('glucose is `137`');
    },
  };
  const [finding] = createMonitor([failing]).check({ kind: 'tick', now: 0, twin: createTwin('p1') });
  assert.equal(explain(finding!, { reported: false }), 'rule `silence` failed on a `tick`: …');
  assert.equal(explain(finding!, { reported: true }), 'rule `silence` failed on a `tick`: glucose is `137`');
  assert.doesNotMatch(JSON.stringify(withoutReported(finding!)), /137/);
});
