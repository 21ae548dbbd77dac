import { MINUTE } from '#base/time';
import type { Fraction, Minutes } from '#base/units';
import { readHeader } from '../overheard-frame.ts';
import type { Technique } from '../technique.ts';

type Parameters = { readonly frames: string; readonly longestMin: Minutes; readonly share: Fraction };

/** Held for unequal times, frames also overtake each other: an old command arrives after a newer one. */
export const delayAndReorder: Technique<'radio-range', Parameters> = {
  id: 'delay-and-reorder',
  title: 'frames held back and released out of order',
  attackIcs: ['T0830', 'T0831', 'T0860'],
  emb3d: ['TID-407'],
  standsFor: [
    'CVE-2019-10964 (ICSMA-19-178-01): data of MiniMed 508 and Paradigm intercepted and replayed',
    'jam, record and retransmit as in the RollJam attack on rolling codes (Kamkar, DEF CON 23, 2015)',
  ],
  position: 'radio-range',
  preconditions: ['the receiver does not check how old a frame is or that frames come in order'],
  parameters: {
    frames: { description: 'which are held back', default: 'commands', oneOf: ['commands', 'readings', 'both'] },
    longestMin: {
      description: 'longest hold; each is uniform from 0',
      unit: 'min',
      default: 20,
      minimum: 0.1,
      maximum: 60,
    },
    share: { description: 'share of those frames that is held back', default: 1, minimum: 0, maximum: 1 },
  },
  launch(adversary, { frames, longestMin, share }) {
    adversary.point.delay((bytes) => {
      const header = readHeader(bytes);
      const command = header?.to === 'pump' && header.operation !== 'acknowledge';
      const reading = header?.operation === 'glucose-reading';
      const meant = (command && frames !== 'readings') || (reading && frames !== 'commands');
      if (!meant || !adversary.random.chance(share)) return 0;
      const held = adversary.random.integer(1, Math.round(longestMin * MINUTE));
      adversary.act(`${header?.operation} frame held back for ${(held / MINUTE).toFixed(1)} min`);
      return held;
    });
    adversary.onStop(() => adversary.point.delay(undefined));
  },
};
