import type { MgPerDl } from '#base/units';
import { manipulateOnHandset, manipulateOnRadio, type ReadingManipulation } from '../reading-manipulation.ts';

type Parameters = { readonly value: MgPerDl; readonly noise: MgPerDl };

const glucoseReplace: ReadingManipulation<Parameters> = {
  id: 'glucose-replace',
  title: 'glucose reading replaced by a chosen value',
  standsFor: [
    'Li, Raghunathan and Jha 2011, doi 10.1109/HEALTH.2011.6026732: forged sensor readings by software-defined radio',
    'UVA-DSA APS_TestBed fault library: glucose replaced by 175 or 80 mg/dL',
  ],
  parameters: {
    value: { description: 'what is shown instead', unit: 'mg/dL', default: 300, minimum: 40, maximum: 400 },
    noise: {
      description: 'standard deviation of the noise laid over it, against flat-line rules',
      unit: 'mg/dL',
      default: 4,
      minimum: 0,
      maximum: 20,
    },
  },
  begin:
    ({ value, noise }, random) =>
    () =>
      noise === 0 ? value : random.normal(value, noise),
};

export const glucoseReplaceOnRadio = manipulateOnRadio(glucoseReplace);
export const glucoseReplaceOnHandset = manipulateOnHandset(glucoseReplace);
