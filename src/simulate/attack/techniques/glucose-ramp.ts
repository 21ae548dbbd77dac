import type { MgPerDl } from '#base/units';
import { manipulateOnHandset, manipulateOnRadio, type ReadingManipulation } from '../reading-manipulation.ts';

type Parameters = { readonly perMinute: number; readonly largest: MgPerDl };

const glucoseRamp: ReadingManipulation<Parameters> = {
  id: 'glucose-ramp',
  title: 'glucose reading with a growing bias',
  standsFor: [
    'Li, Raghunathan and Jha 2011, doi 10.1109/HEALTH.2011.6026732: forged sensor readings by software-defined radio',
    'Tosun et al., American Control Conference 2022: bias injection against a glucose sensor',
  ],
  parameters: {
    perMinute: {
      description: 'growth of the bias; 2 mg/dL per minute is what a meal does',
      unit: 'mg/dL/min',
      default: 1,
      minimum: -4,
      maximum: 4,
    },
    largest: { description: 'where the bias stays', unit: 'mg/dL', default: 150, minimum: 1, maximum: 300 },
  },
  begin:
    ({ perMinute, largest }) =>
    (genuine, elapsed) =>
      genuine + Math.max(-largest, Math.min(largest, perMinute * elapsed)),
};

export const glucoseRampOnRadio = manipulateOnRadio(glucoseRamp);
export const glucoseRampOnHandset = manipulateOnHandset(glucoseRamp);
