import { MINUTE, type Millis } from '#base/time';
import type { Minutes, Units, UnitsPerHour } from '#base/units';
import { HOURS_PER_DAY, type PumpLimits } from '../link/payload.ts';
import type { BasalProgram } from './basal-program.ts';
import { HARD_LIMITS } from './configuration.ts';
import { type Delivery, wholePulses } from './delivery.ts';
import type { HourlyLimit } from './hourly-limit.ts';

/** Why the pump does not do what it was authentically asked to do. */
export type TherapyRefusal =
  | 'malformed'
  | 'above-limit'
  | 'too-small'
  | 'not-delivering'
  | 'busy'
  | 'hourly-limit'
  | 'above-hard-limit';

/** What changes insulin delivery, with the limits that hold for everybody who asks. `undefined` means done. */
export interface Therapy {
  readonly limits: () => PumpLimits;
  isSuspended(): boolean;
  /** Whether a bolus of this size may start now. */
  refusalOfBolus(units: Units): TherapyRefusal | undefined;
  /** INVARIANT: `refusalOfBolus(units)` is undefined. */
  startBolus(units: Units): void;
  suspend(): void;
  resume(): void;
  setTemporaryBasal(rate: UnitsPerHour, duration: Minutes, now: Millis): TherapyRefusal | undefined;
  setBasalProfile(rates: readonly UnitsPerHour[]): TherapyRefusal | undefined;
  setLimits(limits: PumpLimits): TherapyRefusal | undefined;
  fallBack(duration: Minutes, now: Millis): TherapyRefusal | undefined;
}

export const LONGEST_TEMPORARY_BASAL: Minutes = 24 * 60;
export const LONGEST_FALL_BACK: Minutes = 24 * 60;

export interface TherapyParts {
  readonly delivery: Delivery;
  readonly program: BasalProgram;
  readonly hourlyLimit: HourlyLimit | undefined;
  readonly limits: PumpLimits;
}

const isDuration = (duration: Minutes, longest: Minutes): boolean =>
  Number.isFinite(duration) && duration >= 0 && duration <= longest;

export function createTherapy({ delivery, program, hourlyLimit, ...initial }: TherapyParts): Therapy {
  let limits = initial.limits;
  let suspended = false;

  const isRate = (rate: UnitsPerHour): boolean => Number.isFinite(rate) && rate >= 0;

  return {
    limits: () => limits,
    isSuspended: () => suspended,

    refusalOfBolus(units) {
      if (!Number.isFinite(units)) return 'malformed';
      if (units > HARD_LIMITS.maxBolus) return 'above-hard-limit';
      if (units > limits.maxBolus) return 'above-limit';
      if (wholePulses(units, delivery.increment) < 1) return 'too-small';
      if (suspended || delivery.isOccluded() || delivery.reservoir() <= 0) return 'not-delivering';
      if (delivery.bolusRemaining() > 0) return 'busy';
      return hourlyLimit === undefined || hourlyLimit.allows(units, 0) ? undefined : 'hourly-limit';
    },

    startBolus: (units) => delivery.startBolus(units),

    suspend() {
      suspended = true;
      delivery.cancelBolus();
      program.cancelTemporary();
    },

    resume() {
      suspended = false;
    },

    setTemporaryBasal(rate, duration, now) {
      if (!isRate(rate) || !isDuration(duration, LONGEST_TEMPORARY_BASAL)) return 'malformed';
      if (rate > HARD_LIMITS.maxBasal) return 'above-hard-limit';
      if (rate > limits.maxBasal) return 'above-limit';
      if (suspended) return 'not-delivering';
      if (duration === 0) program.cancelTemporary();
      else program.setTemporary(rate, now + duration * MINUTE);
      return undefined;
    },

    setBasalProfile(rates) {
      if (rates.length !== HOURS_PER_DAY || !rates.every(isRate)) return 'malformed';
      if (rates.some((rate) => rate > HARD_LIMITS.maxBasal)) return 'above-hard-limit';
      if (rates.some((rate) => rate > limits.maxBasal)) return 'above-limit';
      program.setProfile([...rates]);
      return undefined;
    },

    setLimits({ maxBolus, maxBasal }) {
      if (!isRate(maxBasal) || !Number.isFinite(maxBolus) || maxBolus < 0) return 'malformed';
      if (maxBolus > HARD_LIMITS.maxBolus || maxBasal > HARD_LIMITS.maxBasal) return 'above-hard-limit';
      limits = { maxBolus, maxBasal };
      return undefined;
    },

    fallBack(duration, now) {
      if (!isDuration(duration, LONGEST_FALL_BACK)) return 'malformed';
      // A running bolus may be the adversary's: what is not delivered yet is better missed than wrong.
      delivery.cancelBolus();
      suspended = false;
      program.fallBack(now + duration * MINUTE);
      return undefined;
    },
  };
}
