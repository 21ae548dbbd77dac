import type { Observation } from '#assure/monitor/rule';
import { type MessageObservation, numberNow, numberOf, textOf } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { MINUTE, type Millis, SECOND } from '#base/time';
import type { Units } from '#base/units';
import type { Found, Part } from './part.ts';

/** Pumps run rates in steps of 0.05 [iU]/h. */
const TOLERANCE = 0.11;
const RELATIVE_TOLERANCE = 0.1;
/** The handset commands anew every 5 min: what it did not command twice in a row is somebody else's. */
const REPORTS = 3;
const SPACING: Millis = 4 * MINUTE;
/** Reports of one cycle, and how long to wait for one that is on its way. */
const SAME_CYCLE: Millis = 90 * SECOND;
const SETTLE: Millis = 45 * SECOND;
/** A temporary basal of the platform outlives its command by hours. */
const LONGEST_PLATFORM_BASAL: Millis = 4 * 60 * MINUTE;
/** A suspend of the platform that outlasts this has lost its reason. */
const LONGEST_PLATFORM_SUSPEND: Millis = 60 * MINUTE;
/** Of the hour's delivery against the rates reported. */
const HOUR_TOLERANCE: Units = 0.3;
const LONGEST_INTERVAL: Millis = 7 * MINUTE;
const INTERVALS = 12;

interface State {
  readonly lastAt: Millis;
  /** Reports in a row that fit the condition. */
  readonly excess: number;
  readonly missing: number;
  readonly suspended: number;
  readonly platformUntil: Millis;
  /** Basal delivered beyond the highest rate reported over the last intervals. */
  readonly beyond: Units;
  readonly intervals: number;
}

/** Basal rates: what the handset commands, what the pump says it runs, and what it says it delivered. */
export const basalPart: Part<State> = {
  initial: () => ({
    lastAt: Number.NEGATIVE_INFINITY,
    excess: 0,
    missing: 0,
    suspended: 0,
    platformUntil: Number.NEGATIVE_INFINITY,
    beyond: 0,
    intervals: 0,
  }),
  check(state, observation) {
    if (observation.kind === 'dispatched') {
      if (observation.thing !== 'pump') return { state };
      const until = observation.action === 'suspend' ? LONGEST_PLATFORM_SUSPEND : LONGEST_PLATFORM_BASAL;
      return { state: { ...state, platformUntil: observation.now + until } };
    }
    if (observation.kind === 'tick') return compare(state, observation);
    if (observation.kind !== 'message') return { state };
    const rate = numberNow(observation, 'pump', 'basalRate');
    return rate === undefined ? { state } : integrate(state, observation, rate);
  },
};

/**
 * Judges each cycle once, when both sides have told of it: within a cycle the pump reports a command before the handset does.
 */
function compare(
  state: State,
  { twin, now }: Extract<Observation, { kind: 'tick' }>,
): { readonly state: State; readonly found?: Found } {
  const rate = numberOf(twin, 'pump', 'basalRate');
  const pumpAt = twin.lastHeard['pump']?.receivedAt ?? Number.NEGATIVE_INFINITY;
  const handsetAt = twin.lastHeard['handset']?.receivedAt ?? Number.NEGATIVE_INFINITY;
  const isTold = Math.abs(pumpAt - handsetAt) <= SAME_CYCLE && now - Math.max(pumpAt, handsetAt) >= SETTLE;
  if (rate === undefined || !isTold || pumpAt - state.lastAt < SPACING) return { state };
  const commanded = numberOf(twin, 'handset', 'commandedBasalRate');
  const isSuspended = textOf(twin, 'pump', 'deliveryState') === 'suspended';
  const alarm = textOf(twin, 'pump', 'alarmCondition') ?? 'none';
  const mode = textOf(twin, 'pump', 'controlMode');
  const comparable = commanded !== undefined && now >= state.platformUntil;
  const inLoop = comparable && !isSuspended && mode === 'closed-loop';
  const tolerance = TOLERANCE + RELATIVE_TOLERANCE * (commanded ?? 0);
  // A pump that runs into its hourly limit goes back to its profile.
  const profile = twin.reported['pump']?.['basalProfile']?.value;
  const onProfile = typeof profile === 'object' && profile.includes(rate);
  const isQuiet = alarm === 'none' || alarm === 'low-reservoir' || alarm === 'battery-low';
  const excess = inLoop && rate > commanded + tolerance ? state.excess + 1 : 0;
  const missing = inLoop && isQuiet && !onProfile && rate < commanded - tolerance ? state.missing + 1 : 0;
  const suspended =
    comparable && isSuspended && isQuiet && mode !== 'safe-basal' && (commanded ?? 0) > TOLERANCE
      ? state.suspended + 1
      : 0;
  const next = { ...state, lastAt: pumpAt, excess, missing, suspended };
  const what =
    excess >= REPORTS
      ? 'excess-basal'
      : suspended >= REPORTS
        ? 'unexplained-suspend'
        : missing >= REPORTS
          ? 'missing-basal'
          : undefined;
  if (what === undefined) return { state: next };
  return {
    state: next,
    found: {
      what,
      thing: 'pump',
      confidence: 'probable',
      ...explanation(
        what === 'unexplained-suspend'
          ? 'pump: suspended without a reason that is known, while the handset commands {commanded} [iU]/h'
          : 'pump: basal {rate} [iU]/h, while the handset commands {commanded} [iU]/h',
        { reported: { rate, commanded: commanded ?? -1 } },
      ),
    },
  };
}

/** Delivery per interval against the higher of the rates at its ends; a rate in between that was higher hides for one interval. */
function integrate(
  state: State,
  { twin, previous, now, message }: MessageObservation,
  rate: number,
): { readonly state: State; readonly found?: Found } {
  const delivered = numberOf(twin, 'pump', 'basalDelivered');
  const before = numberOf(previous, 'pump', 'basalDelivered');
  const rateBefore = numberOf(previous, 'pump', 'basalRate');
  const since = now - (previous.lastHeard['pump']?.receivedAt ?? now);
  if (delivered === undefined || before === undefined || rateBefore === undefined || message.thing !== 'pump')
    return { state };
  if (since > LONGEST_INTERVAL || delivered < before) return { state: { ...state, beyond: 0, intervals: 0 } };
  const commanded = numberOf(twin, 'handset', 'commandedBasalRate') ?? 0;
  const most = (Math.max(rate, rateBefore, commanded) * since) / (60 * MINUTE);
  const beyond = Math.max(0, state.beyond + delivered - before - most);
  const intervals = state.intervals + 1;
  if (beyond > HOUR_TOLERANCE)
    return {
      state: { ...state, beyond: 0, intervals: 0 },
      found: {
        what: 'basal-over-rate',
        thing: 'pump',
        confidence: 'probable',
        ...explanation('pump: {units} [iU] of basal beyond the rates it reported', { reported: { units: beyond } }),
      },
    };
  // What little is left of rounding is forgotten by the hour.
  if (intervals >= INTERVALS) return { state: { ...state, beyond: beyond / 2, intervals: 0 } };
  return { state: { ...state, beyond, intervals } };
}
