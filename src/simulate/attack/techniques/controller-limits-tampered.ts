import type { MgPerDl, Units } from '#base/units';
import type { Technique } from '../technique.ts';

type Parameters = {
  readonly targetGlucose: MgPerDl;
  readonly maxInsulinOnBoard: Units;
  readonly maxBolus: Units;
  readonly correctionFactorFactor: number;
};

export const controllerLimitsTampered: Technique<'on-handset', Parameters> = {
  id: 'controller-limits-tampered',
  title: 'target and safety limits of the controller changed by malware',
  attackIcs: ['T0836', 'T0837', 'T0880'],
  emb3d: ['TID-302', 'TID-304'],
  standsFor: [
    'CVE-2020-27256 (ICSMA-21-012-01): therapy settings of Dana Diabecare RS behind a hard-coded PIN',
    'CVE-2023-30562 (ICSMA-23-194-01): altered drug library, the limits of an infusion pump',
  ],
  position: 'on-handset',
  preconditions: ['other software of the handset can write the therapy settings'],
  parameters: {
    targetGlucose: {
      description: 'what the controller steers to',
      unit: 'mg/dL',
      default: 70,
      minimum: 40,
      maximum: 300,
    },
    maxInsulinOnBoard: {
      description: 'limit of its insulin on board',
      unit: '[iU]',
      default: 50,
      minimum: 0,
      maximum: 100,
    },
    maxBolus: { description: 'largest bolus', unit: '[iU]', default: 25, minimum: 0, maximum: 25 },
    correctionFactorFactor: { description: 'of the correction factor', default: 0.5, minimum: 0.1, maximum: 10 },
  },
  launch(adversary, { targetGlucose, maxInsulinOnBoard, maxBolus, correctionFactorFactor }) {
    const { correctionFactor } = adversary.point.readSettings();
    adversary.act(`target changed to ${targetGlucose} mg/dL, insulin on board limited to ${maxInsulinOnBoard} U`);
    adversary.point.changeSettings({
      targetGlucose,
      maxInsulinOnBoard,
      maxBolus,
      correctionFactor: correctionFactor * correctionFactorFactor,
    });
  },
};
