import { type Episodes, isDue, NO_EPISODES, raisedAt, withoutThing } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Observation, Rule } from '#assure/monitor/rule';
import type { MessageObservation } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis } from '#base/time';

const REPEAT_AFTER: Millis = HOUR;
const WINDOW: Millis = HOUR;
/** Senders send once in a cycle: at a loss of 1 % an hour of 12 messages misses 4 with a probability below 1e-5. */
const MISSING = 4;

interface Window {
  readonly highest: number;
  readonly from: Millis;
  readonly missing: number;
}

interface State {
  readonly episodes: Episodes;
  /** By sender. Senders are enrolled, so there are few. */
  readonly senders: Readonly<Record<string, Window>>;
}

export const sequence: Rule<State> = {
  id: 'sequence',
  statement: 'messages come twice, or more of them are missing than links lose',
  answers: ['uplink-manipulation', 'delay-and-reorder', 'radio-jamming'],
  cost: 'one finding an hour while it lasts',
  knownFalsePositives: ['a patient at the edge of reach', 'a network that delivers messages twice'],
  looksAt: { kinds: ['refusal', 'message', 'replaced'] },
  initial: () => ({ episodes: NO_EPISODES, senders: {} }),
  check(state, observation) {
    if (observation.kind === 'refusal') return checkReplay(state, observation);
    if (observation.kind === 'message') return checkGap(state, observation);
    if (observation.kind === 'replaced') {
      // The numbers of a new key begin anew: below those of the former one every gap would be hidden.
      const { [observation.thing]: _, ...senders } = state.senders;
      return { state: { episodes: withoutThing(state.episodes, observation.thing), senders }, findings: [] };
    }
    return { state, findings: [] };
  },
};

function checkReplay(state: State, { refusal, now, twin }: Extract<Observation, { kind: 'refusal' }>) {
  if (refusal.reason !== 'replayed' && refusal.reason !== 'too-old') return { state, findings: [] };
  const claimed = refusal.claimedSender;
  const thing = claimed !== undefined && Object.hasOwn(twin.lastHeard, claimed) ? claimed : 'platform';
  const key = `${refusal.reason}/${thing}`;
  if (!isDue(state.episodes, key, now, REPEAT_AFTER)) return { state, findings: [] };
  const finding: Finding = {
    kind: 'Finding',
    rule: 'sequence',
    thing,
    at: now,
    confidence: 'probable',
    what: 'replayed',
    ...explanation('channel: a message came again, refused as {reason}: sequence {sequence}', {
      values: { reason: refusal.reason, sequence: refusal.sequence ?? 'unknown' },
    }),
  };
  return { state: { ...state, episodes: raisedAt(state.episodes, key, now) }, findings: [finding] };
}

function checkGap(state: State, { message, now }: MessageObservation) {
  const { sender, sequence: number } = message;
  const known = Object.hasOwn(state.senders, sender) ? state.senders[sender] : undefined;
  const window = advance(known, number, now);
  const next = { ...state, senders: { ...state.senders, [sender]: window } };
  if (window.missing < MISSING || !isDue(state.episodes, sender, now, REPEAT_AFTER))
    return { state: next, findings: [] };
  const finding: Finding = {
    kind: 'Finding',
    rule: 'sequence',
    thing: sender,
    at: now,
    confidence: 'probable',
    what: 'missing',
    ...explanation('channel: {missing} messages of {sender} are missing within {withinMin} min', {
      values: { missing: window.missing, sender, withinMin: WINDOW / MINUTE },
    }),
  };
  return { state: { ...next, episodes: raisedAt(state.episodes, sender, now) }, findings: [finding] };
}

function advance(known: Window | undefined, number: number, now: Millis): Window {
  if (known === undefined) return { highest: number, from: now, missing: 0 };
  const open = now - known.from < WINDOW;
  const from = open ? known.from : now;
  const missing = open ? known.missing : 0;
  // Another part of a bundle: its number was counted with the first part.
  if (number === known.highest) return { highest: known.highest, from, missing };
  // One that comes late was counted as missing when it was overtaken.
  if (number <= known.highest) return { highest: known.highest, from, missing: Math.max(0, missing - 1) };
  return { highest: number, from, missing: missing + number - known.highest - 1 };
}
