import type { MgPerDl, Minutes } from '#base/units';
import { manipulateOnHandset, manipulateOnRadio, type ReadingManipulation } from '../reading-manipulation.ts';

type Parameters = { readonly plateau: MgPerDl; readonly riseMin: Minutes };

/**
 * A sensor drifts by itself: shaped as a raised cosine, the bias has no corner for a change detector to find and stays in
 * what a sensor error of its size looks like. What it cannot hide is the insulin that it costs.
 */
const slowGlucoseDrift: ReadingManipulation<Parameters> = {
  id: 'slow-glucose-drift',
  title: 'glucose reading drifting slowly, shaped to stay under the detectors',
  standsFor: [
    'Tosun et al., American Control Conference 2022: bias injection that stays below a chi-squared detector',
    'Urbina et al., ACM CCS 2016: the worst attack is the one that stays below the alarm threshold',
  ],
  parameters: {
    plateau: {
      description: 'bias that is reached in the end',
      unit: 'mg/dL',
      default: 40,
      minimum: -100,
      maximum: 100,
    },
    riseMin: { description: 'time until then', unit: 'min', default: 360, minimum: 30, maximum: 2880 },
  },
  begin:
    ({ plateau, riseMin }) =>
    (genuine, elapsed) =>
      genuine + (plateau / 2) * (1 - Math.cos(Math.PI * Math.min(1, elapsed / riseMin))),
};

export const slowGlucoseDriftOnRadio = manipulateOnRadio(slowGlucoseDrift);
export const slowGlucoseDriftOnHandset = manipulateOnHandset(slowGlucoseDrift);
