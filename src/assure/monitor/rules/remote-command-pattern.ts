import { type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { numberOf } from '#assure/monitor/seen';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Units } from '#base/units';

const REPEAT_AFTER: Millis = HOUR;
const WINDOW: Millis = 2 * HOUR;
const MOST_BOLUSES = 3;
/** Nobody gives insulin from afar at such a glucose who means well. */
const LOW: MgPerDl = 90;
const BIG: Units = 8;

interface State {
  readonly episodes: Episodes;
  readonly boluses: readonly Millis[];
}

export const remoteCommandPattern: Rule<State> = {
  id: 'remote-command-pattern',
  statement: 'remote commands come in a pattern that no caregiver has',
  answers: ['stolen-account-bolus'],
  cost: 'none: an open guard is what lets such commands out',
  knownFalsePositives: ['a caregiver who splits a meal bolus into many'],
  initial: () => ({ episodes: NO_EPISODES, boluses: [] }),
  check(state, observation) {
    if (observation.kind !== 'dispatched' || observation.thing !== 'pump') return { state, findings: [] };
    if (observation.action !== 'bolus') return { state, findings: [] };
    const { now, twin, input } = observation;
    const boluses = [...state.boluses.filter((at) => now - at < WINDOW).slice(-MOST_BOLUSES), now];
    const units = typeof input['units'] === 'number' ? input['units'] : 0;
    const glucose = numberOf(twin, 'cgm', 'glucose');
    const what =
      glucose !== undefined && glucose < LOW
        ? 'bolus-while-low'
        : boluses.length > MOST_BOLUSES
          ? 'many-boluses'
          : units > BIG
            ? 'large-bolus'
            : undefined;
    if (what === undefined || !isDue(state.episodes, what, now, REPEAT_AFTER))
      return { state: { ...state, boluses }, findings: [] };
    const finding: Finding = {
      kind: 'Finding',
      rule: 'remote-command-pattern',
      thing: 'platform',
      at: now,
      confidence: what === 'large-bolus' ? 'possible' : 'probable',
      statement: `platform: remote bolus of \`${units}\` [iU], ${boluses.length} within ${WINDOW / MINUTE} min, glucose \`${glucose ?? '?'}\` mg/dL`,
      values: { what, units, boluses: boluses.length },
    };
    return { state: { episodes: raisedAt(state.episodes, what, now), boluses }, findings: [finding] };
  },
};
