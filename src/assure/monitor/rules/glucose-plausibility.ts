import { type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { readingNow } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { MgPerDl } from '#base/units';

const REPEAT_AFTER: Millis = 2 * HOUR;
/** Readings further apart tell nothing of a rate: a sensor that was changed starts anew. */
const LONGEST_SPACING: Millis = 11 * MINUTE;
const SPAN: Millis = 20 * MINUTE;
const SPAN_READINGS = 5;
/** Between two readings, sensor noise included. */
const JUMP_MG_PER_DL = 60;
/** Mean over 20 min. Meals and fast insulin move glucose by up to about 4 (mg/dL)/min; the rest is sensor noise. */
const SUSTAINED_MG_PER_DL_PER_MIN = 5.5;

interface Reading {
  readonly at: Millis;
  readonly glucose: MgPerDl;
}

interface State {
  readonly episodes: Episodes;
  /** Newest last, at most `SPAN_READINGS`, without a gap. */
  readonly recent: readonly Reading[];
}

const NOTHING_READ: State = { episodes: NO_EPISODES, recent: [] };

export const glucosePlausibility: Rule<State> = {
  id: 'glucose-plausibility',
  statement: 'glucose readings move faster than a body can',
  answers: ['glucose-bias-on-radio', 'glucose-replace-on-radio', 'glucose-replay-on-radio', 'twin-poisoning'],
  cost: 'none: a rise or fall this fast deserves a look anyway',
  knownFalsePositives: ['pressure on the sensor', 'a calibration'],
  looksAt: { kinds: ['message', 'replaced'], things: ['cgm'] },
  initial: () => NOTHING_READ,
  check(state, observation) {
    if (observation.kind === 'replaced' && observation.thing === 'cgm') return { state: NOTHING_READ, findings: [] };
    if (observation.kind !== 'message') return { state, findings: [] };
    const reading = readingNow(observation);
    if (reading === undefined) return { state, findings: [] };
    const { at, glucose } = reading;
    const last = state.recent.at(-1);
    if (last === undefined || at - last.at > LONGEST_SPACING)
      return { state: { ...state, recent: [{ at, glucose }] }, findings: [] };
    if (at <= last.at) return { state, findings: [] };

    const recent = [...state.recent.slice(1 - SPAN_READINGS), { at, glucose }];
    const jump = glucose - last.glucose;
    const first = recent[0]!;
    const rate = (glucose - first.glucose) / ((at - first.at) / MINUTE);
    const what =
      Math.abs(jump) > JUMP_MG_PER_DL
        ? 'jump'
        : at - first.at >= SPAN && Math.abs(rate) > SUSTAINED_MG_PER_DL_PER_MIN
          ? 'rate'
          : undefined;
    const { now } = observation;
    if (what === undefined || !isDue(state.episodes, what, now, REPEAT_AFTER))
      return { state: { ...state, recent }, findings: [] };
    const finding: Finding = {
      kind: 'Finding',
      rule: 'glucose-plausibility',
      thing: 'cgm',
      at: now,
      confidence: 'probable',
      what,
      ...(what === 'jump'
        ? explanation('glucose: {from} to {to} mg/dL within one reading', {
            reported: { from: last.glucose, to: glucose },
          })
        : explanation('glucose: {rate} (mg/dL)/min over {minutes} min', {
            reported: { rate, minutes: Math.round((at - first.at) / MINUTE), from: first.glucose, to: glucose },
          })),
    };
    return { state: { episodes: raisedAt(state.episodes, what, now), recent }, findings: [finding] };
  },
};
