import { cleared, type Episodes, isDue, NO_EPISODES, raisedAt, withoutThing } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { explanation } from '#base/explanation';
import { HOUR, MINUTE, type Millis, SECOND } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { MOST_AHEAD } from '#mirror/channel/device-time';

const REPEAT_AFTER: Millis = 12 * HOUR;
const AHEAD_AGAIN_AFTER: Millis = HOUR;
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
  statement: "a device's clock steps or drifts against the platform's, or a device stamps what it says ahead of it",
  answers: ['handset-clock-shift', 'delay-and-reorder'],
  cost: 'one finding when somebody sets a clock',
  knownFalsePositives: ['a clock set by hand', 'a constant delay on the way: from one side it looks the same'],
  looksAt: { kinds: ['message', 'replaced'] },
  initial: () => ({ episodes: NO_EPISODES, things: {} }),
  check(state, observation) {
    if (observation.kind === 'replaced') {
      const { [observation.thing]: _, ...things } = state.things;
      return { state: { episodes: withoutThing(state.episodes, observation.thing), things }, findings: [] };
    }
    if (observation.kind !== 'message') return { state, findings: [] };
    const { message, now } = observation;
    const { thing } = message;
    const lead = leadOf(message);
    const isAhead = lead > MOST_AHEAD;
    const offset = message.receivedAt - message.sentAt;
    const known = Object.hasOwn(state.things, thing) ? state.things[thing] : undefined;
    const away = offset - (known?.baseline ?? offset);
    const isOff = Math.abs(away) > STEP;
    const clock = follow(known, offset, now, isOff, isAhead);
    const things = clock === undefined ? state.things : { ...state.things, [thing]: clock };
    const episodes = forgetOver(state.episodes, thing, now, isOff, isAhead);

    const aheadKey = `ahead/${thing}`;
    if (isAhead && isDue(episodes, aheadKey, now, REPEAT_AFTER)) {
      const finding = aheadFinding(message, lead, now);
      return { state: { episodes: raisedAt(episodes, aheadKey, now), things }, findings: [finding] };
    }
    if (clock === undefined) return { state: { episodes, things }, findings: [] };
    const stepped = isOff && clock.off >= STAYING_MESSAGES && now - clock.offSince >= STAYS;
    const drifted = Math.abs(clock.baseline - clock.first) > DRIFT;
    const what = stepped ? 'step' : drifted ? 'drift' : undefined;
    const key = `${what}/${thing}`;
    if (what === undefined || !isDue(episodes, key, now, REPEAT_AFTER))
      return { state: { episodes, things }, findings: [] };
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
    return { state: { episodes: raisedAt(episodes, key, now), things }, findings: [finding] };
  },
};

/** How far the latest stamp of the message lies ahead of its receipt. */
function leadOf({ sentAt, ahead = [], receivedAt }: DeviceMessage): Millis {
  return Math.max(sentAt, ...ahead.map(({ at }) => at)) - receivedAt;
}

/** What is stamped ahead counts as off, and teaches nothing. */
function follow(known: ThingClock | undefined, offset: Millis, now: Millis, isOff: boolean, isAhead: boolean) {
  if (known === undefined) return isAhead ? undefined : { first: offset, baseline: offset, off: 0, offSince: now };
  if (isOff) return { ...known, off: known.off + 1, offSince: known.off === 0 ? now : known.offSince };
  if (isAhead) return known;
  return { ...known, baseline: known.baseline + FOLLOWS * (offset - known.baseline), off: 0, offSince: now };
}

/** A step is over when the clock is right again; a lead when it has been for long, so that now and then is one episode. */
function forgetOver(episodes: Episodes, thing: string, now: Millis, isOff: boolean, isAhead: boolean): Episodes {
  const withoutStep = isOff ? episodes : cleared(episodes, `step/${thing}`);
  const aheadKey = `ahead/${thing}`;
  return isAhead || !isDue(withoutStep, aheadKey, now, AHEAD_AGAIN_AFTER)
    ? withoutStep
    : cleared(withoutStep, aheadKey);
}

function aheadFinding({ thing, ahead = [] }: DeviceMessage, lead: Millis, now: Millis): Finding {
  const seconds = Math.round(lead / SECOND);
  const properties = [...new Set(ahead.map(({ name }) => name))].join(', ');
  const values = { thing, seconds, properties };
  return {
    kind: 'Finding',
    rule: 'clock-drift',
    thing,
    at: now,
    confidence: 'probable',
    what: 'ahead',
    ...(properties === ''
      ? explanation('{thing}: its clock is {seconds} s ahead; set it, or look who speaks for it', { values })
      : explanation(
          '{thing}: its clock is {seconds} s ahead, so that what it says of {properties} is kept and not used; set it, or look who speaks for it',
          { values },
        )),
  };
}
