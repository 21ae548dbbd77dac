import { toHex, utf8 } from '#base/bytes';
import { networkOf } from '#base/network';
import { DAY, MINUTE, type Millis, SECOND } from '#base/time';
import { sha256 } from '#crypto/digest';

/** Refused attempts to sign in, by lane. Plain data, so that it is part of a state that is rebuilt from history. */
export type Throttle = Readonly<Record<string, { readonly count: number; readonly lastAt: Millis }>>;

/** Lanes that are remembered; beyond, the one that failed longest ago is forgotten. */
export const THROTTLE_LIMIT = 4_096;
/** A lane in which nothing failed for so long starts anew. */
export const THROTTLE_MEMORY: Millis = DAY;
/**
 * INVARIANT: no lane is ever closed for longer. Whoever attacks the only administrator can make signing in slow, never impossible.
 */
export const LONGEST_WAIT: Millis = 5 * MINUTE;

/** Failures without a wait. An address may be that of a whole hospital. */
const FREE = { name: 4, known: 4, address: 30 } as const;
type LaneKind = keyof typeof FREE;

/** Hexadecimal digits of a name's digest: enough to count by, too few to find out a password typed into the wrong field. */
const NAME_DIGITS = 5;

/** What stands for a name somebody tried, whether there is such an account or not. */
export const nameTag = (name: string): string => toHex(sha256(utf8(name))).slice(0, NAME_DIGITS);

/**
 * The lanes of one attempt. From an address where the account signed in before, it has a lane of its own: strangers who guess at
 * the account do not slow down its owner.
 */
export function lanesOf(tag: string, address: string, known: boolean): readonly string[] {
  const network = networkOf(address);
  return [known ? `known:${tag}@${network}` : `name:${tag}`, `address:${network}`];
}

/** How long until the next attempt on these lanes is looked at; 0 where at once. */
export function waitOf(throttle: Throttle, lanes: readonly string[], now: Millis): Millis {
  return Math.max(0, ...lanes.map((lane) => laneWait(throttle, lane, now)));
}

function laneWait(throttle: Throttle, lane: string, now: Millis): Millis {
  const failures = throttle[lane];
  // a clock that was set back must not make anybody wait for it
  if (failures === undefined || now < failures.lastAt || now - failures.lastAt >= THROTTLE_MEMORY) return 0;
  const beyond = failures.count - FREE[lane.slice(0, lane.indexOf(':')) as LaneKind];
  if (beyond <= 0) return 0;
  const wait = Math.min(LONGEST_WAIT, SECOND * 2 ** Math.min(beyond - 1, 30));
  return Math.max(0, failures.lastAt + wait - now);
}

export function noteFailure(throttle: Throttle, lanes: readonly string[], now: Millis): Throttle {
  const next: Record<string, { count: number; lastAt: Millis }> = { ...throttle };
  for (const lane of lanes) {
    const before = throttle[lane];
    const stale = before === undefined || now - before.lastAt >= THROTTLE_MEMORY;
    next[lane] = { count: stale ? 1 : before.count + 1, lastAt: now };
  }
  return bounded(next);
}

/** Whoever signs in opens the own lane again; the address stays as it is, or an account of one's own would wash away guesses at others. */
export function noteSuccess(throttle: Throttle, lanes: readonly string[]): Throttle {
  const next: Record<string, { readonly count: number; readonly lastAt: Millis }> = { ...throttle };
  for (const lane of lanes) if (!lane.startsWith('address:')) delete next[lane];
  return next;
}

function bounded(throttle: Record<string, { count: number; lastAt: Millis }>): Throttle {
  const lanes = Object.keys(throttle);
  if (lanes.length <= THROTTLE_LIMIT) return throttle;
  const oldest = lanes.sort((left, right) => throttle[left]!.lastAt - throttle[right]!.lastAt);
  for (const lane of oldest.slice(0, lanes.length - THROTTLE_LIMIT)) delete throttle[lane];
  return throttle;
}
