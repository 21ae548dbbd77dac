import { type Episodes, isDue, NO_EPISODES, raisedAt, withoutThing } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import { MOST_AHEAD } from '#mirror/channel/device-time';

const REPEAT_AFTER: Millis = HOUR;
/** Of receipt: a device that varies its stamps must not evade the bound. */
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

interface Way {
  /**
   * The shortest time on the way in this hour and in the one before, clocks' difference included: what is longer by much was held
   * back. An hour that is over is forgotten, or one stamp would make all that come after it late.
   */
  readonly shortest: Millis;
  readonly shortestBefore: Millis;
  readonly hourFrom: Millis;
}

interface Bucket {
  readonly bucketFrom: Millis;
  readonly inBucket: number;
  readonly mostInBucket: number;
}

interface Timing extends Way, Bucket {
  readonly heardAt: Millis;
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
  looksAt: { kinds: ['message', 'replaced'] },
  initial: () => ({ episodes: NO_EPISODES, things: {}, heardAt: 0, outageEndedAt: Number.NEGATIVE_INFINITY }),
  check(state, observation) {
    if (observation.kind === 'replaced') {
      const { [observation.thing]: _, ...things } = state.things;
      return { state: { ...state, episodes: withoutThing(state.episodes, observation.thing), things }, findings: [] };
    }
    if (observation.kind !== 'message') return { state, findings: [] };
    const { message, now } = observation;
    const { thing, sentAt, receivedAt } = message;
    const known = Object.hasOwn(state.things, thing) ? state.things[thing] : undefined;
    const outageEndedAt = state.heardAt > 0 && now - state.heardAt > OUTAGE ? now : state.outageEndedAt;
    // Nothing arrives before it was sent: a clock that leads hides what it hides, and makes no honest message late.
    const delay = Math.max(0, receivedAt - sentAt);
    const bucket = count(known, now);
    const way = known !== undefined && sentAt - receivedAt > MOST_AHEAD ? known : follow(known, delay, now);
    const shortest = Math.min(way.shortest, way.shortestBefore);
    const excused = now - outageEndedAt < CATCH_UP;
    const isLate = delay - shortest > LONG_DELAY && !excused;
    const inWindow = known !== undefined && now - known.lateSince < LATE_WINDOW;
    const late = (inWindow ? known.late : 0) + (isLate ? 1 : 0);
    const lateSince = inWindow && known.late > 0 ? known.lateSince : now;
    const next: Timing = { ...way, heardAt: now, ...bucket, late, lateSince };
    const things = { ...state.things, [thing]: next };
    const kept = { ...state, things, heardAt: now, outageEndedAt };

    const what =
      bucket.inBucket > bucket.mostInBucket
        ? 'too-frequent'
        : isLate && late >= LATE_MESSAGES
          ? 'held-back'
          : undefined;
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
            values: { thing, count: bucket.inBucket, withinMin: BUCKET / MINUTE, delayMs: delay - shortest },
          })
        : explanation('{thing}: {count} messages came more than {beyondMin} min late', {
            values: { thing, count: late, beyondMin: LONG_DELAY / MINUTE, delayMs: delay - shortest },
          })),
    };
    return { state: { ...kept, episodes: raisedAt(state.episodes, key, now) }, findings: [finding] };
  },
};

/** Messages of the present bucket. What a device could not hand in while it was not heard it may hand in with the next ones. */
function count(known: Timing | undefined, now: Millis): Bucket {
  const silence = known === undefined ? 0 : now - known.heardAt;
  if (known !== undefined && silence <= OUTAGE && now - known.bucketFrom < BUCKET)
    return { bucketFrom: known.bucketFrom, inBucket: known.inBucket + 1, mostInBucket: known.mostInBucket };
  const missed = silence > OUTAGE ? silence / BUCKET : 0;
  return { bucketFrom: now, inBucket: 1, mostInBucket: MOST_IN_BUCKET * (1 + missed) };
}

function follow(known: Timing | undefined, delay: Millis, now: Millis): Way {
  if (known === undefined) return { shortest: delay, shortestBefore: delay, hourFrom: now };
  const { shortest, shortestBefore, hourFrom } = known;
  if (now - hourFrom < HOUR) return { shortest: Math.min(shortest, delay), shortestBefore, hourFrom };
  return { shortest: delay, shortestBefore: shortest, hourFrom: now };
}
