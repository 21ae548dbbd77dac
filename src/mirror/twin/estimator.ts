import type { Millis } from '#base/time';
import type { Fraction, MgPerDl, Minutes } from '#base/units';

/** What a glucose reading says against what the twin expected of it. */
export interface Innovation {
  readonly at: Millis;
  /** The expectation before the reading was taken in, and its variance (sensor included), (mg/dL)^2. */
  readonly predicted: MgPerDl;
  readonly observed: MgPerDl;
  readonly variance: number;
  /** `(observed - predicted) / sqrt(variance)`: about standard normal while the model holds. */
  readonly normalised: number;
  /** Time since the last reading taken in. */
  readonly sinceMin: Minutes;
  /** Rate at which the reported insulin lowers glucose now, 1/min, and as a multiple of what the mean rate would do. */
  readonly insulinActivity: number;
  readonly relativeInsulinActivity: number;
  /** Absent until readings reach back far enough. */
  readonly openLoop?: OpenLoopResidual;
  readonly delivery: DeliveryEvidence;
}

/** A forecast made hours ago from reported insulin and announced carbohydrates alone, against the reading. */
export interface OpenLoopResidual {
  readonly horizonMin: Minutes;
  readonly predicted: MgPerDl;
  readonly variance: number;
  readonly normalised: number;
}

/** How well "reported insulin is not what acts" explains the readings, beyond what a meal of any size would explain. */
export interface DeliveryEvidence {
  readonly missing: DeliveryHypothesis;
  readonly excess: DeliveryHypothesis;
}

export interface DeliveryHypothesis {
  /** Log-likelihood ratio against "all as reported", less that of the best meal; at least 0. */
  readonly evidence: number;
  /** Fraction of the reported insulin that seems not to act (missing), or to act on top (excess). */
  readonly fraction: Fraction;
  readonly since: Millis;
}

/** The estimate at one instant; immutable. `twin.ts` carries it, `fork.ts` continues it without measurements. */
export interface EstimatorState {
  readonly at: Millis;
}
