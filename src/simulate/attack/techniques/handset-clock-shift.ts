import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import type { Technique } from '../technique.ts';

type Parameters = { readonly shiftMin: Minutes };

export const handsetClockShift: Technique<'on-handset', Parameters> = {
  id: 'handset-clock-shift',
  title: "handset's clock shifted",
  attackIcs: ['T0836', 'T0831'],
  emb3d: ['TID-304'],
  standsFor: [
    'CVE-2019-10966 (ICSMA-19-190-01): clock of anaesthesia machines changed over the network',
    'forged network or cellular time on the phone that runs a controller',
  ],
  position: 'on-handset',
  preconditions: [
    'the controller takes the time from the handset without a check',
    'a dose is on board or a reading due',
  ],
  parameters: {
    shiftMin: {
      description: 'added to the clock; ahead, past insulin looks used up and readings look old',
      unit: 'min',
      default: 240,
      minimum: -1440,
      maximum: 1440,
    },
  },
  launch(adversary, { shiftMin }) {
    adversary.act(`clock shifted by ${shiftMin} min`);
    adversary.point.shiftClock(shiftMin * MINUTE);
    adversary.onStop(() => adversary.point.shiftClock(-shiftMin * MINUTE));
  },
};
