import { type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { numberNow } from '#assure/monitor/seen';
import { HOUR, MINUTE, type Millis } from '#base/time';

const REPEAT_AFTER: Millis = 6 * HOUR;
const SLOT: Millis = 5 * MINUTE;
/** Five days of slots. */
const SLOTS = 1440;
/** Nearer than this a quiet stretch resembles itself. */
const SHORTEST_LAG = 36;
/** Readings in a row that equal those of one earlier stretch, and changes of at least 2 mg/dL among them. */
const RUN = 14;
const CHANGES = 8;
const MISSING = 0;

/**
 * One reading per slot of 5 min in a ring, and for every lag how many readings in a row equal those of that lag ago. Typed
 * arrays, copied and never changed in place.
 */
interface State {
  readonly episodes: Episodes;
  readonly slot: number;
  readonly readings: Int16Array;
  readonly runs: Uint8Array;
  readonly changes: Uint8Array;
}

export const signalReplay: Rule<State> = {
  id: 'signal-replay',
  statement: 'glucose readings equal those of an earlier stretch, one by one',
  answers: ['glucose-replay-on-radio', 'twin-poisoning'],
  cost: 'about 3 us per reading; keeps five days of readings in the rule',
  knownFalsePositives: ['none known: noise does not repeat'],
  looksAt: { kinds: ['message'], things: ['cgm'] },
  initial: () => ({
    episodes: NO_EPISODES,
    slot: -1,
    readings: new Int16Array(SLOTS),
    runs: new Uint8Array(SLOTS),
    changes: new Uint8Array(SLOTS),
  }),
  check(state, observation) {
    if (observation.kind !== 'message') return { state, findings: [] };
    const glucose = numberNow(observation, 'cgm', 'glucose');
    const at = observation.twin.reported['cgm']?.['glucose']?.at;
    if (glucose === undefined || at === undefined) return { state, findings: [] };
    const slot = Math.floor(at / SLOT);
    if (slot <= state.slot) return { state, findings: [] };
    const { next, lag } = takeIn(state, slot, Math.round(glucose));
    const { now } = observation;
    if (lag === undefined || !isDue(state.episodes, 'replay', now, REPEAT_AFTER)) return { state: next, findings: [] };
    const hours = (lag * SLOT) / HOUR;
    const finding: Finding = {
      kind: 'Finding',
      rule: 'signal-replay',
      thing: 'cgm',
      at: now,
      confidence: 'probable',
      statement: `glucose: the last \`${RUN}\` readings equal those of \`${hours.toFixed(1)}\` h ago`,
      values: { what: 'replay', hours },
    };
    return { state: { ...next, episodes: raisedAt(state.episodes, 'replay', now) }, findings: [finding] };
  },
};

function takeIn(state: State, slot: number, glucose: number): { readonly next: State; readonly lag?: number } {
  const readings = state.readings.slice();
  const runs = state.runs.slice();
  const changes = state.changes.slice();
  // Slots that were skipped hold nothing, so that what they held five days ago is not taken for yesterday's.
  const first = state.slot < 0 ? slot : Math.max(state.slot + 1, slot - SLOTS + 1);
  for (let skipped = first; skipped < slot; skipped += 1) readings[skipped % SLOTS] = MISSING;
  const before = state.slot < 0 ? glucose : state.readings[state.slot % SLOTS]!;
  const isChange = Math.abs(glucose - before) >= 2 ? 1 : 0;
  readings[slot % SLOTS] = glucose;
  let lag: number | undefined;
  for (let candidate = SHORTEST_LAG; candidate < SLOTS; candidate += 1) {
    const earlier = readings[(slot + SLOTS - candidate) % SLOTS]!;
    // A reading that is missing on either side neither confirms nor refutes.
    if (earlier === MISSING) continue;
    if (earlier !== glucose) {
      runs[candidate] = 0;
      changes[candidate] = 0;
      continue;
    }
    const run = Math.min(255, runs[candidate]! + 1);
    const changed = Math.min(255, changes[candidate]! + isChange);
    runs[candidate] = run;
    changes[candidate] = changed;
    if (run >= RUN && changed >= CHANGES) lag ??= candidate;
  }
  const next = { ...state, slot, readings, runs, changes };
  return lag === undefined ? { next } : { next, lag };
}
