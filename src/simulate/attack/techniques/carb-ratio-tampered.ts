import type { Fraction } from '#base/units';
import type { Technique } from '../technique.ts';

type Parameters = { readonly carbRatioFactor: Fraction; readonly correctionFactorFactor: Fraction };

export const carbRatioTampered: Technique<'on-handset', Parameters> = {
  id: 'carb-ratio-tampered',
  title: 'carbohydrate ratio and correction factor changed by malware',
  attackIcs: ['T0836', 'T0831'],
  emb3d: ['TID-302', 'TID-304'],
  standsFor: [
    'CVE-2020-27256 (ICSMA-21-012-01): therapy settings of Dana Diabecare RS behind a hard-coded PIN',
    'CVE-2020-27266 (ICSMA-21-012-01): checks of the mobile application bypassed',
  ],
  position: 'on-handset',
  preconditions: ['other software of the handset can write the therapy settings', 'a meal is announced meanwhile'],
  parameters: {
    carbRatioFactor: {
      description: 'of the carbohydrate ratio; 0.5 doubles every meal bolus',
      default: 0.5,
      minimum: 0.1,
      maximum: 10,
    },
    correctionFactorFactor: {
      description: 'of the correction factor; 0.5 doubles every correction',
      default: 1,
      minimum: 0.1,
      maximum: 10,
    },
  },
  launch(adversary, { carbRatioFactor, correctionFactorFactor }) {
    const { carbRatio, correctionFactor } = adversary.point.readSettings();
    adversary.act(`carbohydrate ratio changed by a factor of ${carbRatioFactor}`);
    adversary.point.changeSettings({
      carbRatio: carbRatio * carbRatioFactor,
      correctionFactor: correctionFactor * correctionFactorFactor,
    });
  },
};
