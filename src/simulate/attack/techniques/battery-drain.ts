import { SECOND } from '#base/time';
import { NO_PAYLOAD } from '#model/device/link/payload';
import { createForger } from '../forger.ts';
import type { Technique } from '../technique.ts';

type Parameters = { readonly intervalS: number };

export const batteryDrain: Technique<'radio-range', Parameters> = {
  id: 'battery-drain',
  title: 'pump kept awake until its battery is empty',
  attackIcs: ['T0814', 'T0826', 'T0860'],
  emb3d: ['TID-406', 'TID-310'],
  standsFor: [
    'CVE-2017-12714 (ICSMA-17-241-01): battery of pacemakers drained by repeated radio commands',
    'Siddiqi, Serdijn and Strydis 2020, doi 10.1007/s11265-020-01530-5: battery denial of service by forged requests',
    'CVE-2017-5149 (ICSMA-17-009-01A): rapid battery depletion of implants through Merlin@home',
  ],
  position: 'radio-range',
  preconditions: ['the pump answers whoever wakes it', 'the battery lasts less than the attack'],
  parameters: {
    intervalS: {
      description: 'time between two frames that wake the pump',
      unit: 's',
      default: 5,
      minimum: 1,
      maximum: 3600,
    },
  },
  launch(adversary, { intervalS }) {
    const forger = createForger(adversary);
    adversary.every(intervalS * SECOND, () => {
      forger.transmit({ as: 'handset', to: 'pump', operation: 'wake-up', payload: NO_PAYLOAD }, () => {
        adversary.act('forged wake-up transmitted');
      });
    });
  },
};
