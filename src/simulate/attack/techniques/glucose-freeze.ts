import type { MgPerDl } from '#base/units';
import { manipulateOnHandset, manipulateOnRadio, type ReadingManipulation } from '../reading-manipulation.ts';

type Parameters = { readonly noise: MgPerDl };

const glucoseFreeze: ReadingManipulation<Parameters> = {
  id: 'glucose-freeze',
  title: 'glucose reading frozen',
  standsFor: [
    'Li, Raghunathan and Jha 2011, doi 10.1109/HEALTH.2011.6026732: forged sensor readings by software-defined radio',
    'UVA-DSA APS_TestBed fault library (Hold): glucose held at its last value',
  ],
  parameters: {
    noise: {
      description: 'standard deviation of the noise laid over the held value, against flat-line rules',
      unit: 'mg/dL',
      default: 0,
      minimum: 0,
      maximum: 20,
    },
  },
  begin: ({ noise }, random) => {
    let held: MgPerDl | undefined;
    return (genuine) => {
      held ??= genuine;
      return noise === 0 ? held : random.normal(held, noise);
    };
  },
};

export const glucoseFreezeOnRadio = manipulateOnRadio(glucoseFreeze);
export const glucoseFreezeOnHandset = manipulateOnHandset(glucoseFreeze);
