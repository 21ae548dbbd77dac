import type { MgPerDl } from '#base/units';
import { manipulateOnHandset, manipulateOnRadio, type ReadingManipulation } from '../reading-manipulation.ts';

type Parameters = { readonly offset: MgPerDl };

const glucoseBias: ReadingManipulation<Parameters> = {
  id: 'glucose-bias',
  title: 'glucose reading with a constant bias',
  standsFor: [
    'Li, Raghunathan and Jha 2011, doi 10.1109/HEALTH.2011.6026732: forged sensor readings by software-defined radio',
    'UVA-DSA APS_TestBed fault library (Add/Sub): glucose plus or minus 32 mg/dL',
  ],
  parameters: {
    offset: {
      description: 'added to each reading; above zero makes the controller give more insulin',
      unit: 'mg/dL',
      default: 75,
      minimum: -200,
      maximum: 200,
    },
  },
  begin:
    ({ offset }) =>
    (genuine) =>
      genuine + offset,
};

export const glucoseBiasOnRadio = manipulateOnRadio(glucoseBias);
export const glucoseBiasOnHandset = manipulateOnHandset(glucoseBias);
