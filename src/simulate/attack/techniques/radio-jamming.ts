import type { Fraction } from '#base/units';
import type { Technique } from '../technique.ts';

type Parameters = { readonly share: Fraction };

/** No device can prevent it. A safe device goes on with what it knows, and says so. */
export const radioJamming: Technique<'radio-range', Parameters> = {
  id: 'radio-jamming',
  title: 'all radio traffic around the patient jammed',
  attackIcs: ['T0814', 'T0815', 'T0826'],
  emb3d: [],
  standsFor: [
    'CVE-2020-25165 (ICSMA-20-317-01): wireless connection dropped while the infusion goes on',
    'CVE-2019-10964 (ICSMA-19-178-01): radio traffic of MiniMed 508 and Paradigm within reach of anybody',
  ],
  position: 'radio-range',
  preconditions: [],
  parameters: {
    share: { description: 'share of the frames that is destroyed', default: 1, minimum: 0, maximum: 1 },
  },
  launch(adversary, { share }) {
    adversary.act(`jamming ${Math.round(100 * share)} % of all frames`);
    adversary.point.jam(() => adversary.random.chance(share));
    adversary.onStop(() => adversary.point.jam(undefined));
  },
};
