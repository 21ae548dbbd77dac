import type { MgPerDl } from '#base/units';

/** A hazardous situation: glucose beyond a level at some moment within the horizon. */
export interface Hazard {
  /** As policies and people name it. */
  readonly situation: string;
  readonly side: 'below' | 'above';
  readonly level: MgPerDl;
}

/**
 * On each side from the shallowest to the deepest. 70, 54, 180 and 250 mg/dL are the levels of the consensus: Battelino et al., Diabetes Care 42 (2019) 1593-1603. Above 350
 * ketones are to be feared: a choice of this project.
 */
export const HAZARDS: readonly Hazard[] = [
  { situation: 'below-70', side: 'below', level: 70 },
  { situation: 'below-54', side: 'below', level: 54 },
  { situation: 'above-180', side: 'above', level: 180 },
  { situation: 'above-250', side: 'above', level: 250 },
  { situation: 'above-350', side: 'above', level: 350 },
];

/** What sensors read wrong for days on end no reading of theirs tells. */
const SENSOR_BIAS: MgPerDl = 1;

/** The level that readings are held against: nearer than the true one by what a sensor may be wrong. */
export const readLevel = ({ side, level }: Hazard): MgPerDl =>
  side === 'below' ? level + SENSOR_BIAS : level - SENSOR_BIAS;
