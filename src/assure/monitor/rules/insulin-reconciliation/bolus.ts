import type { Answered, Observation } from '#assure/monitor/rule';
import { type MessageObservation, numberNow, numberOf, textOf } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Units } from '#base/units';
import type { Twin } from '#mirror/twin/twin';
import { followNeed, mostCalledFor, type Need, NO_NEED, withoutAnnounced } from './called-for.ts';
import type { Part } from './part.ts';

const TOLERANCE: Units = 0.15;
/** Without a word of the handset for this long nobody else is left to explain it. */
const HANDSET_LOST: Millis = 11 * MINUTE;
/** A bolus that does not go on for this long is over. */
const OVER_AFTER: Millis = 14 * MINUTE;
/** Hardly anybody eats two large meals within this time, or doses at a glucose below that. */
const STACKED: Millis = 120 * MINUTE;
const LOW: MgPerDl = 65;
/** After a command of the platform, a fallback or a suspend, a bolus may rightly stay undelivered. */
const DISTURBED: Millis = 30 * MINUTE;

interface State {
  readonly need: Need;
  /** Delivered less commanded, at which the account is even; absent until both sides were heard. */
  readonly even?: Units;
  /** Boluses that the platform sent, less those it knows were not carried out. */
  readonly platform: Units;
  readonly surplusAt?: Millis;
  readonly deficitAt?: Millis;
  readonly delivered: Units;
  readonly deliveredChangedAt: Millis;
  readonly disturbedAt: Millis;
  /** Last bolus that may have been the remote's. */
  readonly remoteAt?: Millis;
  /** When the handset last told of a bolus of its own. */
  readonly commandedAt?: Millis;
}

/**
 * Boluses the pump delivered against those that handset and platform commanded. Where the user has enabled the remote, its
 * boluses cannot be told from forged ones, and meals may go with them that nobody announced: only those out of place are told.
 */
export const bolusPart: Part<State> = {
  initial: () => ({
    need: NO_NEED,
    platform: 0,
    delivered: 0,
    deliveredChangedAt: 0,
    disturbedAt: Number.NEGATIVE_INFINITY,
  }),
  check(state, observation) {
    if (observation.kind === 'dispatched') return { state: dispatched(state, observation) };
    if (observation.kind === 'replaced') return { state: withAnother(state, observation.thing) };
    if (observation.kind !== 'message') return { state };
    const { message } = observation;
    if (observation.answered !== undefined) return { state: answered(state, observation.answered) };
    if (message.thing !== 'pump' && message.thing !== 'handset') return { state };
    return account(follow(state, observation), observation);
  },
};

/** Another pump or handset counts from where it stands: the account is opened anew with its first word. */
function withAnother(state: State, thing: string): State {
  if (thing !== 'pump' && thing !== 'handset') return state;
  const { even: _, surplusAt: __, deficitAt: ___, ...rest } = state;
  return { ...rest, need: thing === 'handset' ? withoutAnnounced(state.need) : state.need };
}

function dispatched(state: State, observation: Extract<Observation, { kind: 'dispatched' }>): State {
  if (observation.thing !== 'pump') return state;
  const disturbed = { ...state, disturbedAt: observation.now };
  const units = observation.input['units'];
  if (observation.action !== 'bolus' || typeof units !== 'number') return disturbed;
  return { ...disturbed, platform: state.platform + units };
}

function answered(state: State, { thing, action, input, outcome }: Answered): State {
  const units = input['units'];
  if (thing !== 'pump' || action !== 'bolus' || outcome === 'done' || typeof units !== 'number') return state;
  return { ...state, platform: state.platform - units };
}

function follow(state: State, observation: MessageObservation): State {
  const { now, twin } = observation;
  let next = state;
  const need = followNeed(state.need, observation);
  if (need !== state.need) next = { ...next, need };
  const delivered = numberNow(observation, 'pump', 'bolusDelivered');
  if (delivered !== undefined && delivered !== state.delivered) next = { ...next, delivered, deliveredChangedAt: now };
  const commanded = numberNow(observation, 'handset', 'commandedBolus');
  const before = numberOf(observation.previous, 'handset', 'commandedBolus');
  if (commanded !== undefined && before !== undefined && commanded > before) next = { ...next, commandedAt: now };
  const isDisturbed =
    textOf(twin, 'pump', 'deliveryState') !== 'delivering' || textOf(twin, 'pump', 'controlMode') === 'safe-basal';
  return isDisturbed ? { ...next, disturbedAt: now } : next;
}

function account(state: State, observation: MessageObservation) {
  const { twin, now, message } = observation;
  const delivered = numberOf(twin, 'pump', 'bolusDelivered');
  const commanded = numberOf(twin, 'handset', 'commandedBolus');
  if (delivered === undefined || commanded === undefined) return { state };
  const total = delivered - commanded - state.platform;
  // A counter that starts again belongs to another device.
  const previous = numberOf(
    observation.previous,
    message.thing,
    message.thing === 'pump' ? 'bolusDelivered' : 'commandedBolus',
  );
  const restarted = previous !== undefined && previous > (message.thing === 'pump' ? delivered : commanded);
  if (state.even === undefined || restarted) return { state: settled(state, total) };

  const surplus = total - state.even;
  if (surplus > TOLERANCE) return judgeSurplus(state, observation, surplus);
  if (surplus < -TOLERANCE) return judgeDeficit(state, now, surplus, total);
  const isEven = state.surplusAt === undefined && state.deficitAt === undefined;
  return { state: isEven ? state : settled(state, state.even) };
}

function judgeSurplus(state: State, { twin, now, message }: MessageObservation, surplus: Units) {
  if (state.surplusAt === undefined) {
    // A pump on its safe profile takes no bolus by radio: this one was given with its own buttons.
    if (textOf(twin, 'pump', 'controlMode') === 'safe-basal') return { state: settled(state, state.even! + surplus) };
    return { state: { ...state, surplusAt: now } };
  }
  const waited = now - state.surplusAt;
  // The pump delivers at the next whole minute at the earliest: by then the handset has counted a bolus of its own, so that
  // whatever it says after the pump told of the delivery is its last word.
  const handsetSpoke = message.thing === 'handset';
  if (!handsetSpoke && waited < HANDSET_LOST) return { state };
  // What is still to come of the same bolus is the same act.
  const units = Math.max(surplus, numberOf(twin, 'pump', 'lastBolus') ?? 0);
  const even = state.even! + units;
  const remote = twin.reported['pump']?.['remoteEnabled']?.value === true;
  const kept: State = { ...settled(state, even), remoteAt: now };
  const confidence = remote
    ? oddness(state, twin, now, units)
    : isUnclaimedMeal(state, twin, now, units)
      ? 'possible'
      : 'probable';
  if (confidence === undefined) return { state: kept };
  return {
    state: kept,
    found: {
      what: 'excess-bolus',
      thing: 'pump',
      confidence,
      ...explanation('pump: bolus of {units} [iU] that neither handset nor platform commanded', {
        reported: { units, remote },
      }),
      everyTime: true,
    },
  } as const;
}

/**
 * How odd a bolus of an enabled remote is: on top of the one before is rare; while low happens, before a meal that was late.
 * Undefined where there is nothing odd about it.
 */
function oddness(
  { need, remoteAt }: State,
  twin: Twin,
  now: Millis,
  units: Units,
): 'probable' | 'possible' | undefined {
  const called = mostCalledFor(need, twin, now);
  if (called === undefined || units <= called) return undefined;
  if (remoteAt !== undefined && now - remoteAt < STACKED) return 'probable';
  const glucose = numberOf(twin, 'cgm', 'glucose');
  return glucose !== undefined && glucose < LOW ? 'possible' : undefined;
}

/**
 * Whether the handset announced a meal and claimed no bolus since, and the bolus would fit that meal: where the person confirms
 * a bolus at the pump and the word of it is lost, the handset never counts it.
 */
function isUnclaimedMeal({ need, commandedAt }: State, twin: Twin, now: Millis, units: Units): boolean {
  const announcedAt = need.announced.length > 1 ? need.announced.at(-1)!.at : undefined;
  if (announcedAt === undefined || (commandedAt !== undefined && commandedAt >= announcedAt)) return false;
  const called = mostCalledFor(need, twin, now);
  return called !== undefined && units <= called;
}

function judgeDeficit(state: State, now: Millis, surplus: Units, total: Units) {
  if (state.deficitAt === undefined) return { state: { ...settled(state, state.even!), deficitAt: now } };
  if (now - Math.max(state.deficitAt, state.deliveredChangedAt) < OVER_AFTER) return { state };
  if (now - state.disturbedAt < DISTURBED) return { state: settled(state, total) };
  return {
    state: settled(state, total),
    found: {
      what: 'missing-bolus',
      thing: 'pump',
      confidence: 'probable',
      ...explanation('pump: {units} [iU] of commanded boluses were not delivered', { reported: { units: -surplus } }),
      everyTime: true,
    },
  } as const;
}

function settled(state: State, even: Units): State {
  const { surplusAt: _, deficitAt: __, ...rest } = state;
  return { ...rest, even };
}
