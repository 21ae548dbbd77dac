import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import { NO_PAYLOAD } from '#model/device/link/payload';
import { createForger } from '../forger.ts';
import type { Technique } from '../technique.ts';

type Parameters = { readonly repeatMin: Minutes };

export const injectedSuspend: Technique<'radio-range', Parameters> = {
  id: 'injected-suspend',
  title: 'forged command to suspend delivery',
  attackIcs: ['T0855', 'T0813', 'T0860'],
  emb3d: ['TID-406', 'TID-222'],
  standsFor: [
    'CVE-2019-10964 (ICSMA-19-178-01): insulin delivery of MiniMed 508 and Paradigm controlled from afar',
    'CVE-2022-32537 (ICSMA-22-263-01): insulin delivery of NGP 600 pumps stopped',
    'Li, Raghunathan and Jha 2011, doi 10.1109/HEALTH.2011.6026732: insulin delivery stopped by radio',
  ],
  position: 'radio-range',
  preconditions: ['the pump knows its peers by the serial number only'],
  parameters: {
    repeatMin: {
      description: 'how often it suspends again, against a person or controller that resumes',
      unit: 'min',
      default: 10,
      minimum: 1,
      maximum: 720,
    },
  },
  launch(adversary, { repeatMin }) {
    const forger = createForger(adversary);
    adversary.every(repeatMin * MINUTE, () => {
      forger.transmit({ as: 'handset', to: 'pump', operation: 'suspend', payload: NO_PAYLOAD }, () => {
        adversary.act('forged suspend command transmitted');
      });
    });
  },
};
