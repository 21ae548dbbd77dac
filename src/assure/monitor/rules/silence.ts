import { cleared, type Episodes, isDue, isQuiet, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { numberOf } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import type { Twin } from '#mirror/twin/twin';

const REPEAT_AFTER: Millis = 6 * HOUR;
/** Five reports in a row: at a loss of 1 % that does not happen in a lifetime. */
const SHORT: Millis = 26 * MINUTE;
const LONG: Millis = 60 * MINUTE;
/** A sensor is changed and warms up within this time. */
const SENSOR_CHANGE: Millis = 150 * MINUTE;
/** One device does not hear the other, although the platform hears both. */
const DEAF_MIN = 26;
/** What is heard as recently as this is not silent. */
const HEARD_WITHIN: Millis = 11 * MINUTE;

const DEVICES: readonly string[] = ['cgm', 'pump', 'handset'];
const SPEAKING: readonly string[] = [...DEVICES, 'gateway'];

export const silence: Rule<Episodes> = {
  id: 'silence',
  statement:
    'a device is not heard for longer than its period allows, or does not hear its peer although both are there',
  answers: [
    'reading-blocked',
    'command-blocked',
    'glucose-frames-replayed',
    'radio-jamming',
    'battery-drain',
    'uplink-manipulation',
  ],
  cost: 'one finding per device and loss of contact',
  knownFalsePositives: ['a patient out of reach of the gateway', 'a sensor that is changed early'],
  looksAt: { kinds: ['tick'] },
  initial: () => NO_EPISODES,
  check(state, { kind, now, twin }) {
    if (kind !== 'tick') return { state, findings: [] };
    if (isQuiet(state) && isAllHeard(twin, now)) return { state, findings: [] };
    let episodes = state;
    const findings: Finding[] = [];
    const report = (key: string, lasts: boolean, finding: () => Finding) => {
      if (!lasts) episodes = cleared(episodes, key);
      else if (isDue(episodes, key, now, REPEAT_AFTER)) {
        episodes = raisedAt(episodes, key, now);
        findings.push(finding());
      }
    };

    // With all of them silent it is the way to the platform that is lost, not the devices.
    const ages = DEVICES.map((thing) => ageOf(twin, thing, now));
    const uplinkAge = Math.min(...ages, ageOf(twin, 'gateway', now));
    const uplinkLost = uplinkAge >= SHORT && Number.isFinite(uplinkAge);
    report('uplink', uplinkLost, () => silent('gateway', 'uplink-silent', uplinkAge, 'possible', now));
    report('uplink/long', uplinkLost && uplinkAge >= LONG, () =>
      silent('gateway', 'uplink-silent', uplinkAge, 'probable', now),
    );
    DEVICES.forEach((thing, index) => {
      const age = ages[index]!;
      const lost = !uplinkLost && Number.isFinite(age);
      report(thing, lost && age >= SHORT, () => silent(thing, 'silent', age, 'possible', now));
      const long = thing === 'cgm' ? SENSOR_CHANGE : LONG;
      report(`${thing}/long`, lost && age >= long, () => silent(thing, 'silent', age, 'probable', now));
    });
    const handsetHeard = ages[2]! <= HEARD_WITHIN;
    const unheard = unheardMin(twin);
    if (unheard < DEAF_MIN || (handsetHeard && isUsable(twin)))
      report('reading-blocked', unheard >= DEAF_MIN, () => deaf('reading-blocked', 'the monitor', unheard, now));
    const unreached = unreachedMin(twin);
    // Without readings the handset has nothing to tell the pump.
    const isCut = handsetHeard && ages[1]! <= HEARD_WITHIN && unheard <= HEARD_WITHIN / MINUTE;
    if (unreached < DEAF_MIN || isCut)
      report('command-blocked', unreached >= DEAF_MIN, () => deaf('command-blocked', 'the pump', unreached, now));
    return { state: episodes, findings };
  },
};

/** The usual minute: everything that exists was heard of late, by the platform and by its peers. */
function isAllHeard(twin: Twin, now: Millis): boolean {
  for (const thing of SPEAKING) {
    const age = ageOf(twin, thing, now);
    if (age >= SHORT && age < Number.POSITIVE_INFINITY) return false;
  }
  return unheardMin(twin) < DEAF_MIN && unreachedMin(twin) < DEAF_MIN;
}

/** For how long the handset says it has not heard the monitor, and the pump. */
const unheardMin = (twin: Twin): Minutes => numberOf(twin, 'handset', 'glucoseUsedAge') ?? 0;
const unreachedMin = (twin: Twin): Minutes => numberOf(twin, 'handset', 'pumpContactAge') ?? 0;

/** Whether the monitor reports a reading that a controller may use, and the handset had the time to tell whether it did. */
function isUsable({ reported, lastHeard }: Twin): boolean {
  const reading = reported['cgm']?.['glucose'];
  const handset = lastHeard['handset'];
  if (reading === undefined || handset === undefined || typeof reading.value !== 'number') return false;
  const isFresh = Math.abs(handset.receivedAt - reading.receivedAt) <= HEARD_WITHIN;
  return isFresh && handset.receivedAt >= reading.receivedAt && reading.value >= 40 && reading.value <= 400;
}

/** Infinite for a thing that was never heard: it may not exist. */
function ageOf(twin: Twin, thing: string, now: Millis): Millis {
  const heard = twin.lastHeard[thing];
  return heard === undefined ? Number.POSITIVE_INFINITY : now - heard.receivedAt;
}

function silent(thing: string, what: string, age: Millis, confidence: Finding['confidence'], at: Millis): Finding {
  const minutes = Math.round(age / MINUTE);
  const told = explanation('{thing}: not heard for {minutes} min', { values: { thing, minutes } });
  return { kind: 'Finding', rule: 'silence', thing, at, confidence, what, ...told };
}

function deaf(what: string, peer: 'the monitor' | 'the pump', minutes: number, at: Millis): Finding {
  return {
    kind: 'Finding',
    rule: 'silence',
    thing: 'handset',
    at,
    confidence: 'probable',
    what,
    ...explanation(`handset: has not heard ${peer} for {minutes} min, although the platform has`, {
      reported: { minutes },
    }),
  };
}
