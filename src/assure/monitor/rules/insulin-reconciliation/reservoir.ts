import { numberNow, numberOf } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import type { Units } from '#base/units';
import type { Part } from './part.ts';

/** Absolute, and relative to what was delivered: reservoirs are gauged by the plunger. */
const TOLERANCE: Units = 1;
const RELATIVE_TOLERANCE = 0.05;

interface State {
  /** Reservoir and total delivered when the account was opened. */
  readonly from?: { readonly reservoir: Units; readonly delivered: Units };
}

/** What left the reservoir against what the pump says it delivered, since the last refill. */
export const reservoirPart: Part<State> = {
  initial: () => ({}),
  check(state, observation) {
    if (observation.kind === 'replaced' && observation.thing === 'pump') return { state: {} };
    if (observation.kind !== 'message') return { state };
    const reservoir = numberNow(observation, 'pump', 'reservoir');
    const { twin, previous } = observation;
    const basal = numberOf(twin, 'pump', 'basalDelivered');
    const bolus = numberOf(twin, 'pump', 'bolusDelivered');
    if (reservoir === undefined || basal === undefined || bolus === undefined) return { state };
    const delivered = basal + bolus;
    const before = numberOf(previous, 'pump', 'reservoir') ?? reservoir;
    const opened = { from: { reservoir, delivered } };
    // Refilled, or another pump. Priming follows a refill at once and is in the same report.
    if (state.from === undefined || reservoir > before + 0.01 || delivered < state.from.delivered)
      return { state: opened };
    const left = state.from.reservoir - reservoir;
    const told = delivered - state.from.delivered;
    const lost = left - told;
    if (lost <= TOLERANCE + RELATIVE_TOLERANCE * told) return { state };
    return {
      state: opened,
      found: {
        what: 'reservoir-loss',
        thing: 'pump',
        confidence: 'probable',
        ...explanation('pump: {left} [iU] left the reservoir, {told} [iU] were reported as delivered', {
          reported: { left, told },
        }),
      },
    };
  },
};
