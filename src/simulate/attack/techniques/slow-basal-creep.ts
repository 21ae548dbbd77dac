import { MINUTE } from '#base/time';
import type { Fraction, Minutes } from '#base/units';
import type { Technique } from '../technique.ts';

type Parameters = {
  readonly stepPercent: number;
  readonly everyMin: Minutes;
  readonly largestFactor: Fraction;
  readonly opensLoop: boolean;
};

/** Each change is one that a clinician might have made; together they are an overdose. */
export const slowBasalCreep: Technique<'on-handset', Parameters> = {
  id: 'slow-basal-creep',
  title: 'basal profile raised in small steps by malware',
  attackIcs: ['T0836', 'T0831'],
  emb3d: ['TID-302', 'TID-304'],
  standsFor: [
    'CVE-2020-27266 (ICSMA-21-012-01): checks of the mobile application bypassed',
    'Urbina et al., ACM CCS 2016: the worst attack is the one that stays below the alarm threshold',
  ],
  position: 'on-handset',
  preconditions: [
    'other software of the handset can write the therapy settings',
    'the controller does not compensate: it is off, or the loop is opened',
  ],
  parameters: {
    stepPercent: { description: 'change of each step', unit: '%', default: 5, minimum: -20, maximum: 20 },
    everyMin: { description: 'time between steps', unit: 'min', default: 60, minimum: 5, maximum: 1440 },
    largestFactor: { description: 'of the profile that it began with', default: 2, minimum: 0.1, maximum: 4 },
    opensLoop: { description: 'switches the controller to open loop first', default: true },
  },
  launch(adversary, { stepPercent, everyMin, largestFactor, opensLoop }) {
    const { basalProfile } = adversary.point.readSettings();
    let factor = 1;
    if (opensLoop) {
      adversary.act('loop opened');
      adversary.point.changeSettings({ mode: 'open-loop' });
    }
    adversary.every(everyMin * MINUTE, () => {
      const next = factor * (1 + stepPercent / 100);
      if (stepPercent > 0 ? next > largestFactor : next < largestFactor) return;
      factor = next;
      adversary.act(`basal profile changed to ${Math.round(100 * factor)} %`);
      adversary.point.changeSettings({ basalProfile: basalProfile.map((rate) => rate * factor) });
    });
  },
};
