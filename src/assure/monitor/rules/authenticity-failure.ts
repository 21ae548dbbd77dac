import { type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Observation, Rule } from '#assure/monitor/rule';
import { type MessageObservation, numberNow, numberOf } from '#assure/monitor/seen';
import { type Explanation, explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';
import { QUOTING_NOTHING, type Refusal, type RefusalReason } from '#mirror/channel/refusal';

const REPEAT_AFTER: Millis = HOUR;
const LINK_WINDOW: Millis = 15 * MINUTE;
/** One refused frame may be a command repeated because its acknowledgement got lost. */
const LINK_FRAMES = 2;

/** How far each refusal reaches. What is not listed is for other rules. */
const CONFIDENCE: Readonly<Partial<Record<RefusalReason, Finding['confidence']>>> = {
  'not-authentic': 'certain',
  'unknown-sender': 'certain',
  revoked: 'certain',
  'not-spoken-for': 'certain',
  'wrong-content': 'certain',
  'foreign-command': 'certain',
  'unknown-command': 'probable',
  malformed: 'probable',
  'too-large': 'probable',
  'not-in-thing-model': 'probable',
  'value-out-of-model': 'probable',
};

interface State {
  readonly episodes: Episodes;
  /** Frames that a device's link refused within the window that began then. */
  readonly links: Readonly<Record<string, { readonly from: Millis; readonly frames: number }>>;
  /** The platform had the pump revoke a peer: its frames are refused from then on, and rightly so. */
  readonly revoked: boolean;
}

export const authenticityFailure: Rule<State> = {
  id: 'authenticity-failure',
  statement: 'somebody without the right key speaks to the platform or to a device',
  answers: [
    'injected-bolus',
    'injected-suspend',
    'replayed-bolus',
    'uplink-manipulation',
    'twin-poisoning',
    'limits-tampered',
  ],
  cost: 'one finding an hour while it lasts',
  knownFalsePositives: [
    'a device enrolled anew whose old messages are still on their way',
    'a pump of the same make nearby',
  ],
  looksAt: { kinds: ['refusal', 'dispatched', 'message', 'replaced'], things: ['pump', 'handset'] },
  initial: () => ({ episodes: NO_EPISODES, links: {}, revoked: false }),
  check(state, observation) {
    if (observation.kind === 'refusal') return checkRefusal(state, observation);
    if (observation.kind === 'dispatched' && observation.action === 'revokeLink')
      return { state: { ...state, revoked: true }, findings: [] };
    if (observation.kind === 'replaced') {
      const { [observation.thing]: _, ...links } = state.links;
      return { state: { ...state, links }, findings: [] };
    }
    if (observation.kind !== 'message' || state.revoked) return { state, findings: [] };
    const { thing } = observation.message;
    return thing === 'pump' || thing === 'handset' ? checkLink(state, observation, thing) : { state, findings: [] };
  },
};

function checkRefusal(state: State, observation: Extract<Observation, { kind: 'refusal' }>) {
  const { refusal, now, twin } = observation;
  const confidence = CONFIDENCE[refusal.reason];
  // A name that nobody proved must not grow the state: only things that were heard are told apart.
  const claimed = refusal.claimedSender;
  const thing = claimed !== undefined && Object.hasOwn(twin.lastHeard, claimed) ? claimed : 'platform';
  const key = `${refusal.reason}/${thing}`;
  if (confidence === undefined || !isDue(state.episodes, key, now, REPEAT_AFTER)) return { state, findings: [] };
  const finding: Finding = {
    kind: 'Finding',
    rule: 'authenticity-failure',
    thing,
    at: now,
    confidence,
    what: 'channel',
    ...refusedAs(refusal),
  };
  return { state: { ...state, episodes: raisedAt(state.episodes, key, now) }, findings: [finding] };
}

const refusedAs = ({ reason, detail }: Refusal): Explanation =>
  QUOTING_NOTHING.has(reason)
    ? explanation('channel: refused as {reason}: {detail}', { values: { reason, detail } })
    : explanation('channel: refused as {reason}: {detail}', { values: { reason }, reported: { detail } });

function checkLink(state: State, observation: MessageObservation, thing: 'pump' | 'handset') {
  const { now, previous } = observation;
  const count = numberNow(observation, thing, 'refusedFrames');
  const before = numberOf(previous, thing, 'refusedFrames');
  if (count === undefined || before === undefined || count <= before) return { state, findings: [] };
  const window = state.links[thing];
  const open = window !== undefined && now - window.from < LINK_WINDOW;
  const frames = (open ? window.frames : 0) + count - before;
  const links = { ...state.links, [thing]: { from: open ? window.from : now, frames } };
  const key = `link/${thing}`;
  if (frames < LINK_FRAMES || !isDue(state.episodes, key, now, REPEAT_AFTER))
    return { state: { ...state, links }, findings: [] };
  const finding: Finding = {
    kind: 'Finding',
    rule: 'authenticity-failure',
    thing,
    at: now,
    confidence: 'probable',
    what: 'link-frames',
    ...explanation(`radio link: {frames} frames for the ${thing} failed its checks within {withinMin} min`, {
      values: { frames, withinMin: LINK_WINDOW / MINUTE },
    }),
  };
  return { state: { ...state, episodes: raisedAt(state.episodes, key, now), links }, findings: [finding] };
}
