import type { Rehearse, TherapyChange } from '#assure/guard/rehearse';
import { forecast } from '#mirror/twin/fork';
import type { Hypothesis } from '#mirror/twin/hypothesis';

/** Carries a command out on a fork of the twin before it is carried out on a person. */
export const rehearse: Rehearse = (twin, change, horizonMin) => forecast(twin, hypothesisOf(change), horizonMin);

function hypothesisOf(change: TherapyChange): Hypothesis {
  switch (change.kind) {
    case 'none':
    case 'profile-basal':
      return { kind: change.kind };
    case 'bolus':
      return { kind: 'bolus', units: change.units };
    case 'temporary-basal':
      return { kind: 'temporary-basal', rate: change.rate, durationMin: change.durationMin };
    case 'suspend':
      return { kind: 'suspend', durationMin: change.durationMin };
  }
}
