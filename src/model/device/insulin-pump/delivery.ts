import type { Millis } from '#base/time';
import type { Units, UnitsPerHour, UnitsPerMinute } from '#base/units';

/**
 * The drive: pushes whole pulses of one increment and carries over what is less. INVARIANT: what is delivered and what is
 * left in the reservoir are counted in whole pulses, so totals are exact and the reservoir is never negative.
 */
export interface Delivery {
  readonly increment: Units;
  /** Cumulative, as counted by the drive. */
  basalDelivered(): Units;
  bolusDelivered(): Units;
  /** As counted: starts at the filling and falls by what was delivered. */
  reservoir(): Units;
  /** Programmed size of the last completed or running bolus. */
  lastBolus(): Units;
  bolusRemaining(): Units;
  /** Pulses since the drive was made; each costs battery. */
  pulses(): number;
  isOccluded(): boolean;
  /** `units` rounded down to whole increments. Only while no bolus runs. */
  startBolus(units: Units): void;
  /** What is not delivered yet never is. */
  cancelBolus(): void;
  /** Units that leave the pump towards the body during one minute; `factor` is what the firmware pushes per counted unit. */
  runMinute(basalRate: UnitsPerHour, factor: number, now: Millis): Units;
  occlude(since: Millis): void;
  clearOcclusion(): void;
  refill(units: Units): void;
}

export interface DeliveryConfiguration {
  readonly increment: Units;
  readonly bolusRate: UnitsPerMinute;
  readonly reservoir: Units;
  readonly occlusionVolume: Units;
}

/** Whole pulses in `amount`, forgiving the last bits of binary fractions: 0.3 / 0.05 are 6. */
export const wholePulses = (amount: Units, increment: Units): number => Math.floor(amount / increment + 1e-6);

/** To a millionth, which is far below an increment: 3 * 0.05 reads 0.15. */
const asUnits = (pulses: number, increment: Units): Units => Math.round(pulses * increment * 1e6) / 1e6;

export function createDelivery(configuration: DeliveryConfiguration): Delivery {
  const { increment, bolusRate, occlusionVolume } = configuration;
  let reservoirPulses = wholePulses(configuration.reservoir, increment);
  /** What is really in the reservoir; differs from the count when the firmware pushes more or less than it counts. */
  let contents: Units = reservoirPulses * increment;
  let basalPulses = 0;
  let bolusPulses = 0;
  let basalCarry = 0;
  let bolusCarry = 0;
  let bolusLeft = 0;
  let lastBolusPulses = 0;
  let occludedSince: Millis | undefined;
  let blocked: Units = 0;
  let occlusionDetected = false;

  const take = (wanted: number): number => {
    const taken = Math.min(wanted, reservoirPulses);
    reservoirPulses -= taken;
    return taken;
  };

  const bolusPulsesThisMinute = (): number => {
    if (bolusLeft === 0) return 0;
    bolusCarry += bolusRate / increment;
    const wanted = Math.min(bolusLeft, Math.floor(bolusCarry + 1e-6));
    bolusCarry -= wanted;
    const pushed = take(wanted);
    bolusLeft -= pushed;
    bolusPulses += pushed;
    return pushed;
  };

  const basalPulsesThisMinute = (rate: UnitsPerHour): number => {
    basalCarry += rate / 60 / increment;
    const wanted = Math.floor(basalCarry + 1e-6);
    if (wanted === 0) return 0;
    basalCarry -= wanted;
    const pushed = take(wanted);
    basalPulses += pushed;
    return pushed;
  };

  return {
    increment,
    basalDelivered: () => asUnits(basalPulses, increment),
    bolusDelivered: () => asUnits(bolusPulses, increment),
    reservoir: () => asUnits(reservoirPulses, increment),
    lastBolus: () => asUnits(lastBolusPulses, increment),
    bolusRemaining: () => asUnits(bolusLeft, increment),
    pulses: () => basalPulses + bolusPulses,
    isOccluded: () => occlusionDetected,

    startBolus(units) {
      bolusLeft = wholePulses(units, increment);
      bolusCarry = 0;
      lastBolusPulses = bolusLeft;
    },

    cancelBolus() {
      bolusLeft = 0;
    },

    runMinute(basalRate, factor, now) {
      const counted = (bolusPulsesThisMinute() + basalPulsesThisMinute(basalRate)) * increment;
      const pushed = Math.min(counted * factor, contents);
      contents -= pushed;
      if (occludedSince === undefined || now < occludedSince) return pushed;
      blocked += pushed;
      if (blocked >= occlusionVolume) occlusionDetected = true;
      return 0;
    },

    occlude(since) {
      occludedSince = since;
    },

    clearOcclusion() {
      occludedSince = undefined;
      occlusionDetected = false;
      blocked = 0;
    },

    refill(units) {
      reservoirPulses = wholePulses(units, increment);
      contents = reservoirPulses * increment;
    },
  };
}
