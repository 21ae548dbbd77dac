import { cleared, type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis, SECOND } from '#base/time';

const REPEAT_AFTER: Millis = 12 * HOUR;
const STEP: Millis = 90 * SECOND;
/** As far ahead as this, insulin on board is reckoned wrong. */
const FAR_STEP: Millis = 20 * MINUTE;
/** A step is one that stays: what a store handed in at once after an outage is over within seconds. */
const STAYS: Millis = 9 * MINUTE;
const STAYING_MESSAGES = 3;
/** Quartz drifts by some seconds a day; this much in all is another thing. */
const DRIFT: Millis = 5 * MINUTE;
/** The baseline follows slow drift by this part of the difference with every message. */
const FOLLOWS = 0.02;

interface ThingClock {
  /** Receipt minus sending at first, and as it is followed since. */
  readonly first: Millis;
  readonly baseline: number;
  /** Messages in a row that are off, and since when. */
  readonly off: number;
  readonly offSince: Millis;
}

interface State {
  readonly episodes: Episodes;
  readonly things: Readonly<Record<string, ThingClock>>;
}

export const clockDrift: Rule<State> = {
  id: 'clock-drift',
  statement: "a device's clock steps or drifts against the platform's",
  answers: ['handset-clock-shift', 'delay-and-reorder'],
  cost: 'one finding when somebody sets a clock',
  knownFalsePositives: ['a clock set by hand', 'a constant delay on the way: from one side it looks the same'],
  looksAt: { kinds: ['message'] },
  initial: () => ({ episodes: NO_EPISODES, things: {} }),
  check(state, observation) {
    if (observation.kind !== 'message') return { state, findings: [] };
    const { message, now } = observation;
    const { thing } = message;
    const offset = message.receivedAt - message.sentAt;
    const known = Object.hasOwn(state.things, thing) ? state.things[thing] : undefined;
    if (known === undefined) {
      const clock = { first: offset, baseline: offset, off: 0, offSince: now };
      return { state: { ...state, things: { ...state.things, [thing]: clock } }, findings: [] };
    }
    const away = offset - known.baseline;
    const isOff = Math.abs(away) > STEP;
    const clock: ThingClock = isOff
      ? { ...known, off: known.off + 1, offSince: known.off === 0 ? now : known.offSince }
      : { ...known, baseline: known.baseline + FOLLOWS * away, off: 0, offSince: now };
    const stepped = isOff && clock.off >= STAYING_MESSAGES && now - clock.offSince >= STAYS;
    const drifted = Math.abs(clock.baseline - clock.first) > DRIFT;
    const things = { ...state.things, [thing]: clock };
    const what = stepped ? 'step' : drifted ? 'drift' : undefined;
    const key = `${what}/${thing}`;
    if (what === undefined || !isDue(state.episodes, key, now, REPEAT_AFTER)) {
      const episodes = isOff ? state.episodes : cleared(state.episodes, `step/${thing}`);
      return { state: { episodes, things }, findings: [] };
    }
    // No delay on the way makes a message older than its receipt: a clock that runs ahead was set.
    const kind = what === 'step' ? (away < -FAR_STEP ? 'step-ahead' : 'step') : 'drift';
    const seconds = Math.round((stepped ? away : clock.baseline - clock.first) / SECOND);
    const finding: Finding = {
      kind: 'Finding',
      rule: 'clock-drift',
      thing,
      at: now,
      confidence: 'probable',
      what: kind,
      ...explanation(`{thing}: its clock is off by {seconds} s, as a ${what}`, {
        values: { thing, seconds: -seconds },
      }),
    };
    return { state: { episodes: raisedAt(state.episodes, key, now), things }, findings: [finding] };
  },
};
