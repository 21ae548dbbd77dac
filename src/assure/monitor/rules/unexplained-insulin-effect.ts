import { cleared, type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { MgPerDl } from '#base/units';
import type { DeliveryHypothesis } from '#mirror/twin/delivery-evidence';
import { lowBurden } from '#mirror/twin/innovation-tests';

const REPEAT_AFTER: Millis = 6 * HOUR;
/** Readings in a row above the threshold before it is said: one compression artefact or spike is fewer. */
const PERSISTENCE = 3;
const CLEARED_AT = 0.5;

type Direction = 'missing' | 'excess';

interface State {
  readonly episodes: Episodes;
  /** Readings in a row above the threshold. */
  readonly missing: number;
  readonly excess: number;
  /** Running mean of how far readings lie below 70 mg/dL. */
  readonly burden: MgPerDl;
}

export const unexplainedInsulinEffect: Rule<State> = {
  id: 'unexplained-insulin-effect',
  statement: 'glucose moves as though another amount of insulin acted than the pump reports',
  answers: [
    'firmware-delivery-factor',
    'injected-bolus',
    'twin-poisoning',
    'glucose-bias',
    'glucose-ramp',
    'slow-glucose-drift',
  ],
  cost: 'the estimator: 10 us a reading',
  knownFalsePositives: [
    'several large meals in a row that nobody announced look like missing insulin',
    'insulin that lost its strength, or an infusion site that absorbs badly: missing insulin, but not by an adversary',
    'hard exercise nobody reported, and settings that give too much insulin, look like excess insulin',
    'a sensor that drifts: reading too high and insulin missing cannot be told apart from messages alone',
  ],
  looksAt: { kinds: ['message'], things: ['cgm'] },
  initial: () => ({ episodes: NO_EPISODES, missing: 0, excess: 0, burden: 0 }),
  check(state, observation) {
    if (observation.kind !== 'message' || observation.innovation === undefined) return { state, findings: [] };
    const { innovation, now, twin } = observation;
    const thresholds = twin.commissioned?.thresholds;
    if (thresholds === undefined) return { state, findings: [] };
    let next = { ...state, burden: lowBurden(state.burden, innovation.observed) };
    const findings: Finding[] = [];
    for (const [direction, threshold] of [
      ['missing', thresholds.missingInsulin],
      ['excess', thresholds.excessInsulin],
    ] as const) {
      const hypothesis = innovation.delivery[direction];
      next = count(next, direction, hypothesis.evidence, threshold);
      if (next[direction] < PERSISTENCE || !isDue(next.episodes, direction, now, REPEAT_AFTER)) continue;
      next = { ...next, episodes: raisedAt(next.episodes, direction, now) };
      findings.push(finding(direction, hypothesis, threshold, now));
    }
    if (next.burden < CLEARED_AT * thresholds.lowBurden) next = { ...next, episodes: cleared(next.episodes, 'lows') };
    if (next.burden > thresholds.lowBurden && isDue(next.episodes, 'lows', now, REPEAT_AFTER)) {
      next = { ...next, episodes: raisedAt(next.episodes, 'lows', now) };
      findings.push(lows(next.burden, thresholds.lowBurden, innovation.relativeInsulinActivity, now));
    }
    return { state: next, findings };
  },
};

function count(state: State, direction: Direction, evidence: number, threshold: number): State {
  if (evidence > threshold) return { ...state, [direction]: state[direction] + 1 };
  const episodes = evidence < CLEARED_AT * threshold ? cleared(state.episodes, direction) : state.episodes;
  if (state[direction] === 0 && episodes === state.episodes) return state;
  return { ...state, [direction]: 0, episodes };
}

function finding(direction: Direction, hypothesis: DeliveryHypothesis, threshold: number, now: Millis): Finding {
  const { evidence, fraction, since } = hypothesis;
  const sinceMin = Math.round((now - since) / MINUTE);
  const percent = Math.round(fraction * 100);
  return {
    kind: 'Finding',
    rule: 'unexplained-insulin-effect',
    thing: 'pump',
    at: now,
    confidence: 'probable',
    ...explanation(
      direction === 'missing'
        ? 'insulin: {percent} % of the reported insulin does not act, for {sinceMin} min'
        : 'insulin: insulin acts that was not reported, {percent} % of what was, for {sinceMin} min',
      { reported: { percent, sinceMin, direction, evidence, threshold, fraction } },
    ),
  };
}

function lows(burden: MgPerDl, threshold: MgPerDl, relativeInsulinActivity: number, now: Millis): Finding {
  const percent = Math.round(relativeInsulinActivity * 100);
  return {
    kind: 'Finding',
    rule: 'unexplained-insulin-effect',
    thing: 'pump',
    at: now,
    confidence: 'probable',
    ...explanation(
      'insulin: glucose keeps going low, on average {burden} mg/dL below 70 for hours, at {percent} % of the usual reported insulin activity',
      { reported: { burden, percent, direction: 'excess', threshold, relativeInsulinActivity } },
    ),
  };
}
