import assert from 'node:assert/strict';
import { HOUR } from '#base/time';
import type { Units } from '#base/units';
import type { DefenceSet } from '#simulate/exercise/scenario';
import { laboratory, only } from './laboratory-bench.ts';
import { type Attack, addedInsulin, difference, foundBy, type Pair, type Setting, told } from './technique-run.ts';

/** One technique: where it must work, and what must stop it, or that nothing of ours does. */
export interface TechniqueCase {
  readonly attack: Attack;
  readonly works: Setting;
  /** Fails unless the effect is there, by ground truth or by what the twin was made to believe. */
  readonly effect: (pair: Pair) => void;
  readonly against: Stopped | Unstopped;
}

/** The effect is gone, and `evidence` shows that this check, and not chance, stopped it. */
export interface Stopped {
  readonly kind: 'stopped';
  readonly by: string;
  readonly defences: DefenceSet;
  readonly evidence: (pair: Pair) => void;
}

/** No defence of ours takes the effect away: with all of the devices' it is still there. What is noticed of it is. */
export interface Unstopped {
  readonly kind: 'unstopped';
  readonly why: string;
  readonly noticedBy?: string;
}

const CONTAINMENT: DefenceSet = laboratory.defenceSets.get('platform')!;

const more =
  (units: Units) =>
  (pair: Pair): void =>
    assert.ok(addedInsulin(pair) >= units, `${addedInsulin(pair)} U added`);
const less =
  (units: Units) =>
  (pair: Pair): void =>
    assert.ok(addedInsulin(pair) <= -units, `${addedInsulin(pair)} U added`);

/** The device counted refused frames, and therapy is the baseline's to the last pulse. */
const refusedBy =
  (device: 'pump' | 'handset') =>
  (pair: Pair): void => {
    assert.ok(difference(pair, device, 'refusedFrames') > 0, `${device} refused frames`);
    sameTherapy(pair);
    assert.equal(pair.attacked.influences.count('therapy'), 0);
  };

function sameTherapy(pair: Pair): void {
  assert.equal(addedInsulin(pair), 0);
  assert.equal(pair.attacked.body.plasmaGlucose, pair.baseline.body.plasmaGlucose);
}

/** A finding of this rule, then a playbook that ends what the adversary did: no insulin beyond the baseline's. */
const containedAfter =
  (rule: string) =>
  (pair: Pair): void => {
    assert.ok(foundBy(pair.attacked, rule), `${rule} found something`);
    assert.ok(!foundBy(pair.baseline, rule), `${rule} found nothing without the adversary`);
    assert.ok(pair.attacked.platform.responses.some(({ what }) => what.startsWith('pump: fallBackToSafeBasal')));
    assert.ok(addedInsulin(pair) <= 0.5, `${addedInsulin(pair)} U added`);
  };

/** Readings taken in that the sensor never made, and dosed by. */
const deceived =
  (effect: (pair: Pair) => void) =>
  (pair: Pair): void => {
    effect(pair);
    assert.ok(pair.attacked.influences.count('therapy') > 0);
  };

const viewLost = ({ attacked, baseline }: Pair): void =>
  assert.ok(attacked.platform.viewLostMin - baseline.platform.viewLostMin >= 60);

const BASAL: Setting = { ward: 'basal-bolus-home', meal: { grams: 60, counted: 60 } };
const LOOP: Setting = { ward: 'closed-loop-home', meal: { grams: 60, counted: 60 } };

const stopped = (by: string, defences: DefenceSet, evidence: (pair: Pair) => void): Stopped => ({
  kind: 'stopped',
  by,
  defences,
  evidence,
});
const linkAuthentication = (device: 'pump' | 'handset'): Stopped =>
  stopped('link authentication', only({ linkAuthentication: true }), refusedBy(device));
const containment = (rule: string): Stopped => stopped(`containment after ${rule}`, CONTAINMENT, containedAfter(rule));
const unstopped = (why: string, noticedBy?: string): Unstopped => ({
  kind: 'unstopped',
  why,
  ...(noticedBy === undefined ? {} : { noticedBy }),
});

const JAMMING = 'whoever is in radio range can destroy frames, and a header has to be readable for its receiver';

export const TECHNIQUE_CASES: readonly TechniqueCase[] = [
  {
    attack: { technique: 'replayed-bolus', parameters: { repeats: 2 } },
    works: BASAL,
    effect: more(11),
    // Without encryption, too: the counter alone refuses what was heard before.
    against: stopped('anti-replay', only({ antiReplay: true }), refusedBy('pump')),
  },
  {
    attack: { technique: 'injected-bolus', parameters: { units: 10 } },
    works: BASAL,
    effect: more(9.9),
    against: linkAuthentication('pump'),
  },
  {
    // A key fob that its owner never enabled is no way in, on the same open radio.
    attack: { technique: 'injected-bolus', parameters: { units: 5, sender: 'remote' } },
    works: { ...BASAL, ward: 'closed-loop-home-remote' },
    effect: more(2),
    against: linkAuthentication('pump'),
  },
  {
    attack: { technique: 'repeated-small-boluses', parameters: { units: 4, intervalMin: 10, repeats: 18 } },
    works: { ward: 'basal-bolus-home' },
    effect: more(70),
    against: stopped('hourly insulin limit', only({ hourlyInsulinLimit: true }), (pair) => {
      // It lets pass what a meal may need in each hour, and that is not nothing.
      assert.ok(addedInsulin(pair) < 72 / 2, `${addedInsulin(pair)} U added`);
      assert.ok(addedInsulin(pair) > 0);
    }),
  },
  {
    attack: { technique: 'injected-suspend' },
    works: BASAL,
    effect: less(10),
    against: linkAuthentication('pump'),
  },
  {
    attack: { technique: 'basal-profile-tampered', parameters: { rate: 5, blocksTemporaryBasal: false } },
    works: BASAL,
    effect: more(20),
    against: linkAuthentication('pump'),
  },
  {
    attack: { technique: 'limits-tampered', parameters: { maxBolus: 0 } },
    works: BASAL,
    effect: (pair) => {
      assert.equal(told(pair.attacked, 'pump', 'maxBolus'), 0);
      // The person's own meal bolus is above the forged limit.
      less(5.9)(pair);
    },
    against: linkAuthentication('pump'),
  },
  {
    attack: { technique: 'command-blocked' },
    works: LOOP,
    effect: less(5),
    against: unstopped(JAMMING, 'silence'),
  },
  {
    attack: { technique: 'reading-blocked' },
    works: LOOP,
    effect: (pair) => {
      less(2)(pair);
      viewLost(pair);
    },
    against: unstopped(JAMMING, 'silence'),
  },
  {
    attack: { technique: 'delay-and-reorder' },
    works: LOOP,
    effect: (pair) => {
      assert.ok(pair.attacked.influences.count('therapy') > 100);
      assert.notEqual(addedInsulin(pair), 0);
    },
    against: unstopped('a late command is a genuine one; only those that were overtaken are refused, by anti-replay'),
  },
  {
    attack: { technique: 'radio-jamming' },
    works: LOOP,
    effect: (pair) => {
      less(5)(pair);
      viewLost(pair);
    },
    against: unstopped(JAMMING, 'silence'),
  },
  {
    attack: { technique: 'battery-drain', parameters: { intervalS: 10 } },
    works: { ward: 'basal-bolus-home' },
    effect: (pair) => assert.ok(difference(pair, 'pump', 'battery') < -8),
    against: linkAuthentication('pump'),
  },
  {
    attack: { technique: 'glucose-bias-on-radio' },
    works: LOOP,
    effect: deceived(more(8)),
    against: linkAuthentication('handset'),
  },
  {
    attack: { technique: 'glucose-ramp-on-radio' },
    works: LOOP,
    effect: deceived(more(8)),
    against: linkAuthentication('handset'),
  },
  {
    attack: { technique: 'glucose-freeze-on-radio' },
    works: LOOP,
    effect: deceived(less(2)),
    against: linkAuthentication('handset'),
  },
  {
    attack: { technique: 'glucose-replace-on-radio' },
    works: LOOP,
    effect: deceived(more(15)),
    against: linkAuthentication('handset'),
  },
  {
    attack: { technique: 'glucose-replay-on-radio' },
    works: LOOP,
    effect: deceived(less(0.5)),
    against: linkAuthentication('handset'),
  },
  {
    // The recording itself fools no handset, on any link: it tells a reading's age by the sensor's own minutes. What
    // remains is that the genuine readings are gone.
    attack: { technique: 'glucose-frames-replayed' },
    works: LOOP,
    effect: (pair) => {
      less(1)(pair);
      assert.equal(told(pair.attacked, 'handset', 'alarmCondition'), 'signal-loss');
    },
    against: unstopped(JAMMING),
  },
  {
    attack: { technique: 'slow-glucose-drift-on-radio' },
    works: LOOP,
    effect: deceived(more(1.5)),
    against: linkAuthentication('handset'),
  },
  {
    attack: { technique: 'glucose-bias-on-handset' },
    works: LOOP,
    effect: deceived(more(8)),
    against: containment('insulin-reconciliation'),
  },
  {
    attack: { technique: 'glucose-ramp-on-handset' },
    works: LOOP,
    effect: deceived(more(8)),
    against: containment('insulin-reconciliation'),
  },
  {
    attack: { technique: 'glucose-freeze-on-handset' },
    works: LOOP,
    effect: deceived(less(2)),
    against: unstopped('insulin withheld by the controller is not given back by a playbook', 'insulin-reconciliation'),
  },
  {
    attack: { technique: 'glucose-replace-on-handset' },
    works: LOOP,
    effect: deceived(more(15)),
    against: containment('insulin-reconciliation'),
  },
  {
    attack: { technique: 'glucose-replay-on-handset' },
    works: LOOP,
    effect: deceived(less(0.5)),
    against: unstopped('insulin withheld by the controller is not given back by a playbook', 'insulin-reconciliation'),
  },
  {
    attack: { technique: 'slow-glucose-drift-on-handset' },
    works: LOOP,
    effect: deceived(more(1.5)),
    against: containment('insulin-reconciliation'),
  },
  {
    attack: { technique: 'carb-ratio-tampered' },
    works: BASAL,
    effect: more(5.5),
    against: containment('therapy-parameter-drift'),
  },
  {
    attack: { technique: 'controller-limits-tampered' },
    works: LOOP,
    effect: more(3),
    against: containment('therapy-parameter-drift'),
  },
  {
    attack: { technique: 'slow-basal-creep' },
    works: BASAL,
    effect: more(1.5),
    against: containment('therapy-parameter-drift'),
  },
  {
    attack: { technique: 'malware-bolus' },
    works: BASAL,
    effect: more(7.9),
    against: stopped('confirmation at the pump', only({ confirmRemoteBolus: true }), (pair) => {
      // The person sleeps and confirms nothing: neither this bolus nor, in the baseline, a meal's that is as large.
      assert.ok(addedInsulin(pair) <= 0);
    }),
  },
  {
    attack: { technique: 'handset-clock-shift', atMinute: 130 },
    works: LOOP,
    effect: more(0.5),
    against: containment('clock-drift'),
  },
  {
    // The person counted eleven times what they ate, and would wake up for the alarm and eat.
    attack: { technique: 'alarm-suppression' },
    works: { ward: 'basal-bolus-home', meal: { grams: 20, counted: 220 }, person: { answersAsleep: 1 } },
    effect: ({ attacked, baseline }) => {
      assert.equal(baseline.body.metrics().timeBelow54, 0);
      assert.ok(attacked.body.metrics().timeBelow54 > 0.05);
    },
    against: stopped('low-glucose suspend', only({ lowGlucoseSuspend: true }), ({ attacked }) =>
      assert.equal(attacked.body.metrics().timeBelow54, 0),
    ),
  },
  {
    attack: { technique: 'twin-poisoning' },
    works: { ...BASAL, meal: { grams: 90, counted: 10 } },
    effect: (pair) => {
      const shown = told(pair.attacked, 'cgm', 'glucose') as number;
      assert.ok(Math.abs(shown - pair.attacked.body.interstitialGlucose) > 40);
      sameTherapy(pair);
    },
    against: stopped(
      'telemetry sealed by the devices',
      only({ deviceSignedTelemetry: true }),
      ({ attacked, baseline }) => {
        assert.equal(attacked.influences.count('view'), 0);
        assert.equal(told(attacked, 'cgm', 'glucose'), told(baseline, 'cgm', 'glucose'));
      },
    ),
  },
  {
    // What is altered is never believed, in any set: the channel is not a defence that can be switched off.
    attack: { technique: 'uplink-manipulation', parameters: { what: 'alter' } },
    works: LOOP,
    effect: (pair) => {
      viewLost(pair);
      // Not one message since the attack began, an hour into the run, seven hours before its end.
      const { lastHeard } = pair.attacked.platform.platform.twin();
      assert.ok(pair.attacked.queue.now() - lastHeard['cgm']!.receivedAt >= 7 * HOUR);
    },
    against: unstopped('whoever is on the path can take messages away', 'authenticity-failure'),
  },
  {
    attack: { technique: 'stolen-account-bolus' },
    works: BASAL,
    effect: more(19),
    against: stopped('guard', only({}, { guard: 'standard' }), sameTherapy),
  },
  {
    attack: { technique: 'stolen-account-suspend' },
    works: BASAL,
    effect: less(10),
    against: stopped('guard', only({}, { guard: 'standard' }), sameTherapy),
  },
  {
    attack: { technique: 'history-edit' },
    works: LOOP,
    effect: ({ attacked }) => {
      assert.equal(attacked.history.audit().kind, 'tampered');
      assert.equal(attacked.platform.findings.length, 0);
    },
    against: stopped('audit against the Merkle tree', CONTAINMENT, ({ attacked, baseline }) => {
      assert.ok(foundBy(attacked, 'history-tampering'));
      assert.ok(!foundBy(baseline, 'history-tampering'));
    }),
  },
  {
    attack: { technique: 'firmware-delivery-factor', parameters: { factor: 2 } },
    works: BASAL,
    effect: (pair) => {
      more(14)(pair);
      // It reports what it should have delivered.
      assert.ok(Math.abs(difference(pair, 'pump', 'bolusDelivered')) < 0.1);
    },
    against: stopped('firmware signature', only({ firmwareSignature: true }), sameTherapy),
  },
];
