import { type Episodes, isDue, NO_EPISODES, raisedAt, withoutThing } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { numberNow } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { HOUR, type Millis } from '#base/time';
import type { Percent } from '#base/units';

const REPEAT_AFTER: Millis = 12 * HOUR;
const WINDOW: Millis = 2 * HOUR;
/** A pump's battery lasts for weeks, a monitor's for months. */
const MOST_PERCENT: Percent = 3;

interface Charge {
  readonly at: Millis;
  readonly battery: Percent;
}

interface State {
  readonly episodes: Episodes;
  /** Charge at the start of the present window. */
  readonly from: Readonly<Record<string, Charge>>;
}

export const batteryDrain: Rule<State> = {
  id: 'battery-drain',
  statement: 'a battery empties faster than its device can empty it by itself',
  answers: ['battery-drain'],
  cost: 'one finding per half day while it lasts',
  knownFalsePositives: ['an old or cold battery'],
  looksAt: { kinds: ['message', 'replaced'], things: ['cgm', 'pump'] },
  initial: () => ({ episodes: NO_EPISODES, from: {} }),
  check(state, observation) {
    if (observation.kind === 'replaced') {
      const { [observation.thing]: _, ...from } = state.from;
      return { state: { episodes: withoutThing(state.episodes, observation.thing), from }, findings: [] };
    }
    if (observation.kind !== 'message') return { state, findings: [] };
    const { thing } = observation.message;
    if (thing !== 'pump' && thing !== 'cgm') return { state, findings: [] };
    const battery = numberNow(observation, thing, 'battery');
    if (battery === undefined) return { state, findings: [] };
    const { now } = observation;
    const from = state.from[thing];
    if (from === undefined || battery > from.battery || now - from.at > WINDOW)
      return { state: { ...state, from: { ...state.from, [thing]: { at: now, battery } } }, findings: [] };
    const drained = from.battery - battery;
    if (drained <= MOST_PERCENT || !isDue(state.episodes, thing, now, REPEAT_AFTER)) return { state, findings: [] };
    const finding: Finding = {
      kind: 'Finding',
      rule: 'battery-drain',
      thing,
      at: now,
      confidence: 'probable',
      what: 'battery',
      ...explanation(`${thing}: battery fell by {drained} % within {hours} h`, {
        reported: { drained, hours: (now - from.at) / HOUR },
      }),
    };
    return { state: { ...state, episodes: raisedAt(state.episodes, thing, now) }, findings: [finding] };
  },
};
