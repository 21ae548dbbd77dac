import { type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { readingNow } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import { NO_RESEMBLANCE, type Resemblance, resemble } from './signal-replay/streaks.ts';

const REPEAT_AFTER: Millis = 6 * HOUR;
const SLOT: Millis = 5 * MINUTE;
/** Readings in a row that equal those of one earlier stretch, and changes of at least 2 mg/dL among them. */
const RUN = 14;
const CHANGES = 8;

interface State {
  readonly episodes: Episodes;
  readonly resemblance: Resemblance;
}

export const signalReplay: Rule<State> = {
  id: 'signal-replay',
  statement: 'glucose readings equal those of an earlier stretch, one by one',
  answers: ['glucose-replay-on-radio', 'twin-poisoning'],
  cost: 'about 1 us per reading; keeps five days of readings in the rule',
  knownFalsePositives: ['none known: noise does not repeat'],
  looksAt: { kinds: ['message'], things: ['cgm'] },
  initial: () => ({ episodes: NO_EPISODES, resemblance: NO_RESEMBLANCE }),
  check(state, observation) {
    if (observation.kind !== 'message') return { state, findings: [] };
    const reading = readingNow(observation);
    if (reading === undefined) return { state, findings: [] };
    const { at, glucose } = reading;
    const slot = Math.floor(at / SLOT);
    if (slot <= state.resemblance.slot) return { state, findings: [] };
    const resemblance = resemble(state.resemblance, slot, glucose);
    const next = { episodes: state.episodes, resemblance };
    const lag = replayedFrom(resemblance);
    const { now } = observation;
    if (lag === undefined || !isDue(state.episodes, 'replay', now, REPEAT_AFTER)) return { state: next, findings: [] };
    const hours = (lag * SLOT) / HOUR;
    const finding: Finding = {
      kind: 'Finding',
      rule: 'signal-replay',
      thing: 'cgm',
      at: now,
      confidence: 'probable',
      what: 'replay',
      ...explanation(`glucose: the last ${RUN} readings equal those of {hours} h ago`, { reported: { hours } }),
    };
    return { state: { ...next, episodes: raisedAt(state.episodes, 'replay', now) }, findings: [finding] };
  },
};

/** The lag of the nearest stretch that was read once more. A streak that waits for a missing reading has told already. */
function replayedFrom({ slot, slotsOf, glucose, streaks }: Resemblance): number | undefined {
  return streaks.find(
    ({ lag, run, changes }) => run >= RUN && changes >= CHANGES && slotsOf[glucose]!.includes(slot - lag),
  )?.lag;
}
