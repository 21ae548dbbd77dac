import { cleared, type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { readingNow } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { MgPerDl } from '#base/units';

const REPEAT_AFTER: Millis = 6 * HOUR;
/** Nine equal readings are 40 min; at and beyond the ends of the sensor's range all readings are equal. */
const EQUAL_READINGS = 9;
const LOWEST: MgPerDl = 40;
const HIGHEST: MgPerDl = 400;
/** Smoothness is judged over 3 h against what the sensor showed over its first days. */
const SMOOTH_READINGS = 36;
const LEARNED_READINGS = 288;
/** Squared second differences, as a fraction of the learned mean. */
const TOO_SMOOTH = 0.05;
/** Rounding to whole mg/dL alone leaves 6/12; a sensor not far above it cannot be told from a smooth curve. */
const LEAST_NOISE = 2;
const LONGEST_SPACING: Millis = 11 * MINUTE;

interface State {
  readonly episodes: Episodes;
  readonly at: Millis;
  /** The last reading, the one before, and how many equal ones in a row. */
  readonly last: MgPerDl;
  readonly beforeLast: MgPerDl;
  readonly equal: number;
  /** Readings in a row without a gap. */
  readonly inRow: number;
  /** Exponential means of squared second differences: of 3 h, and of what is normal here. */
  readonly present: number;
  readonly normal: number;
  readonly learned: number;
}

const NOTHING_READ: State = {
  episodes: NO_EPISODES,
  at: 0,
  last: 0,
  beforeLast: 0,
  equal: 0,
  inRow: 0,
  present: 0,
  normal: 0,
  learned: 0,
};

export const flatLine: Rule<State> = {
  id: 'flat-line',
  statement: 'glucose readings repeat, or are smoother than the sensor ever was',
  answers: ['glucose-freeze-on-radio', 'glucose-replace-on-radio', 'twin-poisoning'],
  cost: 'none',
  knownFalsePositives: ['a very quiet night of a sensor that smooths'],
  looksAt: { kinds: ['message', 'replaced'], things: ['cgm'] },
  initial: () => NOTHING_READ,
  check(state, observation) {
    if (observation.kind === 'replaced' && observation.thing === 'cgm') return { state: NOTHING_READ, findings: [] };
    if (observation.kind !== 'message') return { state, findings: [] };
    const reading = readingNow(observation);
    if (reading === undefined || (state.inRow > 0 && reading.at <= state.at)) return { state, findings: [] };

    const { at, glucose } = reading;
    const next = takeIn(state, at, glucose);
    const { now } = observation;
    const flat = next.equal >= EQUAL_READINGS && glucose > LOWEST && glucose < HIGHEST;
    const smooth =
      next.learned >= LEARNED_READINGS &&
      next.inRow > 2 * SMOOTH_READINGS &&
      next.normal > LEAST_NOISE &&
      next.present < TOO_SMOOTH * next.normal;
    let { episodes } = next;
    if (!flat) episodes = cleared(episodes, 'flat');
    const what = flat ? 'flat' : smooth ? 'smooth' : undefined;
    if (what === undefined || !isDue(episodes, what, now, REPEAT_AFTER))
      return { state: { ...next, episodes }, findings: [] };
    const finding: Finding = {
      kind: 'Finding',
      rule: 'flat-line',
      thing: 'cgm',
      at: now,
      confidence: 'probable',
      what,
      ...(what === 'flat'
        ? explanation('glucose: {glucose} mg/dL for {readings} readings in a row', {
            reported: { glucose, readings: next.equal },
          })
        : explanation('glucose: noise is {percent} % of what this sensor shows', {
            reported: { percent: (100 * next.present) / next.normal, glucose, readings: next.inRow },
          })),
    };
    return { state: { ...next, episodes: raisedAt(episodes, what, now) }, findings: [finding] };
  },
};

function takeIn(state: State, at: Millis, glucose: MgPerDl): State {
  const { episodes, normal, learned } = state;
  if (state.inRow === 0 || at - state.at > LONGEST_SPACING)
    return { episodes, at, last: glucose, beforeLast: glucose, equal: 1, inRow: 1, present: normal, normal, learned };
  const equal = glucose === state.last ? state.equal + 1 : 1;
  const inRow = state.inRow + 1;
  let present = state.present;
  let usual = normal;
  let count = learned;
  if (inRow > 2) {
    const second = glucose - 2 * state.last + state.beforeLast;
    const square = second * second;
    present += (square - present) / SMOOTH_READINGS;
    // What is normal is learned once: an adversary who is patient must not teach it.
    if (count < LEARNED_READINGS) {
      count += 1;
      usual += (square - usual) / count;
    }
  }
  return { episodes, at, last: glucose, beforeLast: state.last, equal, inRow, present, normal: usual, learned: count };
}
