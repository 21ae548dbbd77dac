import { type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';

const REPEAT_AFTER: Millis = HOUR;
const BUCKET: Millis = 10 * MINUTE;
/** Two regular reports, and one extra per 30 s at most while something happens. */
const MOST_IN_BUCKET = 24;
/** Longer than any link takes while it works. */
const LONG_DELAY: Millis = 2 * MINUTE;
const LATE_WINDOW: Millis = HOUR;
const LATE_MESSAGES = 3;
/** After a silence this long the gateway hands in what it stored: late, and rightly so. */
const OUTAGE: Millis = 9 * MINUTE;
/** How long handing in takes. */
const CATCH_UP: Millis = 10 * MINUTE;

interface Timing {
  readonly heardAt: Millis;
  /** The shortest time on the way so far, clocks' difference included: what is longer by much was held back. */
  readonly shortest: Millis;
  readonly bucket: number;
  readonly inBucket: number;
  readonly late: number;
  readonly lateSince: Millis;
}

interface State {
  readonly episodes: Episodes;
  readonly things: Readonly<Record<string, Timing>>;
  /** Last end of an outage of the way to the platform. */
  readonly heardAt: Millis;
  readonly outageEndedAt: Millis;
}

export const timing: Rule<State> = {
  id: 'timing',
  statement: 'messages come more often than a device sends, or are held back on their way',
  answers: ['delay-and-reorder', 'uplink-manipulation', 'battery-drain'],
  cost: 'one finding an hour while it lasts',
  knownFalsePositives: ['a network that stalls for minutes without an outage'],
  looksAt: { kinds: ['message'] },
  initial: () => ({ episodes: NO_EPISODES, things: {}, heardAt: 0, outageEndedAt: Number.NEGATIVE_INFINITY }),
  check(state, observation) {
    if (observation.kind !== 'message') return { state, findings: [] };
    const { message, now } = observation;
    const { thing, sentAt, receivedAt } = message;
    const known = Object.hasOwn(state.things, thing) ? state.things[thing] : undefined;
    const outageEndedAt = state.heardAt > 0 && now - state.heardAt > OUTAGE ? now : state.outageEndedAt;
    const delay = receivedAt - sentAt;
    const bucket = Math.floor(sentAt / BUCKET);
    const inBucket = known !== undefined && known.bucket === bucket ? known.inBucket + 1 : 1;
    const shortest = Math.min(known?.shortest ?? delay, delay);
    const excused = now - outageEndedAt < CATCH_UP;
    const isLate = delay - shortest > LONG_DELAY && !excused;
    const inWindow = known !== undefined && now - known.lateSince < LATE_WINDOW;
    const late = (inWindow ? known.late : 0) + (isLate ? 1 : 0);
    const lateSince = inWindow && known.late > 0 ? known.lateSince : now;
    const next: Timing = { heardAt: now, shortest, bucket, inBucket, late, lateSince };
    const things = { ...state.things, [thing]: next };
    const kept = { ...state, things, heardAt: now, outageEndedAt };

    const what = inBucket > MOST_IN_BUCKET ? 'too-frequent' : isLate && late >= LATE_MESSAGES ? 'held-back' : undefined;
    const key = `${what}/${thing}`;
    if (what === undefined || !isDue(state.episodes, key, now, REPEAT_AFTER)) return { state: kept, findings: [] };
    const finding: Finding = {
      kind: 'Finding',
      rule: 'timing',
      thing,
      at: now,
      confidence: 'probable',
      what,
      ...(what === 'too-frequent'
        ? explanation('{thing}: {count} messages within {withinMin} min', {
            values: { thing, count: inBucket, withinMin: BUCKET / MINUTE, delayMs: delay - shortest },
          })
        : explanation('{thing}: {count} messages came more than {beyondMin} min late', {
            values: { thing, count: late, beyondMin: LONG_DELAY / MINUTE, delayMs: delay - shortest },
          })),
    };
    return { state: { ...kept, episodes: raisedAt(state.episodes, key, now) }, findings: [finding] };
  },
};
