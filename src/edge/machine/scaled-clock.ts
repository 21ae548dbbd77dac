import type { Clock, Millis } from '#base/time';

/** Simulated time for a demonstration: `speed` times as fast as real time since the anchor. */
export interface TimeScale {
  readonly realAnchor: Millis;
  readonly simulatedAnchor: Millis;
  readonly speed: number;
}

export const createScaledClock = (scale: TimeScale, real: Clock): Clock => ({
  now: () => Math.floor(scale.simulatedAnchor + (real.now() - scale.realAnchor) * scale.speed),
});
