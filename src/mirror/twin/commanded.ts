import { MINUTE, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import type { Change } from './hypothesis.ts';
import { numberOf } from './intake.ts';
import { type Desired, INSULIN_PUMP, type PropertyTable, type Twin } from './twin.ts';

/** A rate that a controller or a person set answers the present: it is taken to last this long, then the profile holds. */
const RATE_LASTS_MIN: Minutes = 30;
/** A pump delivers a bolus at 1 [iU]/min or faster and reports every 5 min. */
const BOLUS_TIME_PER_UNIT: Millis = MINUTE;
const REPORTED_WITHIN: Millis = 5 * MINUTE;
/** A reported rate is the commanded one if it differs by less than a pump's step, [iU]/h. */
const SAME_RATE = 0.05;

/** What the pump is taken to do while nobody asks anything of it: its present rate for a while, then its profile. */
export function carriedOn(twin: Twin): Change {
  const rate = numberOf(twin.reported[INSULIN_PUMP], 'basalRate') ?? twin.commissioned?.meanInsulinRate ?? 0;
  return { kind: 'temporary-basal', rate, durationMin: RATE_LASTS_MIN };
}

/**
 * What the platform has asked of the pump last and no report of it can hold yet. Two boluses within a minute are thus rehearsed
 * together; for some minutes the first may count twice.
 */
export function outstanding(twin: Twin, now: Millis): readonly Change[] {
  const pump = twin.reported[INSULIN_PUMP];
  const { bolus, setTemporaryBasal } = twin.desired[INSULIN_PUMP] ?? {};
  return [...temporaryBasal(setTemporaryBasal, pump, now), ...outstandingBolus(bolus, pump)];
}

function outstandingBolus(wanted: Desired | undefined, pump: PropertyTable | undefined): readonly Change[] {
  const units = wanted?.input['units'];
  if (wanted === undefined || !mayHaveActed(wanted) || typeof units !== 'number') return [];
  const toldBy = wanted.issuedAt + units * BOLUS_TIME_PER_UNIT + REPORTED_WITHIN;
  return reportedAt(pump, 'bolusDelivered') < toldBy ? [{ kind: 'bolus', units }] : [];
}

/** The rest of a temporary basal, unless the pump has reported another rate since: then something else replaced it. */
function temporaryBasal(wanted: Desired | undefined, pump: PropertyTable | undefined, now: Millis): readonly Change[] {
  const { rate, durationMin } = wanted?.input ?? {};
  if (wanted === undefined || !mayHaveActed(wanted)) return [];
  if (typeof rate !== 'number' || typeof durationMin !== 'number') return [];
  const left = durationMin - (now - wanted.issuedAt) / MINUTE;
  const told = reportedAt(pump, 'basalRate') >= wanted.issuedAt + REPORTED_WITHIN;
  const replaced = told && Math.abs((numberOf(pump, 'basalRate') ?? rate) - rate) >= SAME_RATE;
  return left > 0 && !replaced ? [{ kind: 'temporary-basal', rate, durationMin: left }] : [];
}

const mayHaveActed = ({ outcome }: Desired): boolean => outcome === 'pending' || outcome === 'done';

const reportedAt = (pump: PropertyTable | undefined, property: string): Millis =>
  pump?.[property]?.receivedAt ?? Number.NEGATIVE_INFINITY;
