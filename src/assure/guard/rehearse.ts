import type { MgPerDl, Minutes, Units, UnitsPerHour } from '#base/units';
import type { Twin } from '#mirror/twin/twin';

/** What a command would change about therapy, as far as a fork of the twin can carry it out. */
export type TherapyChange =
  /** Delivery goes on as it is now. */
  | { readonly kind: 'none' }
  /** Basal by the pump's profile, without a controller. */
  | { readonly kind: 'profile-basal' }
  | { readonly kind: 'bolus'; readonly units: Units }
  | { readonly kind: 'temporary-basal'; readonly rate: UnitsPerHour; readonly durationMin: Minutes }
  | { readonly kind: 'suspend'; readonly durationMin: Minutes };

/** Glucose at every step from now: the mean of the prediction and its standard deviation, sensor error left out. */
export interface RehearsedGlucose {
  readonly stepMin: Minutes;
  readonly mean: ArrayLike<MgPerDl>;
  readonly deviation: ArrayLike<MgPerDl>;
}

/** Carries a change out on a fork of the twin; undefined where the twin cannot predict. The twin itself stays as it is. */
export type Rehearse = (twin: Twin, change: TherapyChange, horizonMin: Minutes) => RehearsedGlucose | undefined;
