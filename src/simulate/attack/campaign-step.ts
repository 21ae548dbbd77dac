import type { MgPerDl, Minutes } from '#base/units';
import type { Position } from '#simulate/world/fault-points';
import type { ParameterValues } from './technique.ts';

/** An ordered set of techniques with what the adversary holds. A step that needs another position is refused on load. */
export interface Campaign {
  readonly positions: readonly Position[];
  readonly steps: readonly CampaignStep[];
}

export interface CampaignStep {
  /** Names the step within its campaign, and with it the step's dice. */
  readonly id: string;
  /** Id of a technique. */
  readonly technique: string;
  /** What differs from the technique's defaults. */
  readonly parameters?: ParameterValues;
  readonly start: StepStart;
  /** How long the technique acts; until the end of the run if not stated. */
  readonly durationMin?: Minutes;
}

/** When a step begins. Minutes count from midnight of the simulated day and may exceed 1440. */
export type StepStart =
  | { readonly kind: 'at'; readonly minute: Minutes }
  /** Some time after another step of the campaign began. */
  | { readonly kind: 'after'; readonly step: string; readonly delayMin: Minutes }
  | HeardCondition;

/**
 * What an adversary within radio range overhears; nothing on a link that keeps its frames secret, so that the step then never
 * begins. `fromMinute`: from when on it listens; from the start of the run if not stated.
 */
export type HeardCondition =
  | { readonly kind: 'heard-bolus'; readonly fromMinute?: Minutes }
  | { readonly kind: 'heard-glucose-below'; readonly mgPerDl: MgPerDl; readonly fromMinute?: Minutes }
  | { readonly kind: 'heard-glucose-above'; readonly mgPerDl: MgPerDl; readonly fromMinute?: Minutes };
