import { MINUTE } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import { readHeader, readLegacy } from '../overheard-frame.ts';
import { manipulateOnHandset, manipulateOnRadio, type ReadingManipulation } from '../reading-manipulation.ts';
import type { Technique } from '../technique.ts';

type Parameters = { readonly recordMin: Minutes };

/** Readings that are remembered at most: three days of them. */
const MAX_RECORDED = 864;

const recordMin = {
  description: 'how long it only listens before it plays back what it heard, over and over',
  unit: 'min',
  default: 240,
  minimum: 30,
  maximum: 2880,
} as const;

const glucoseReplay: ReadingManipulation<Parameters> = {
  id: 'glucose-replay',
  title: 'glucose trace of another time played back',
  standsFor: [
    'Li, Raghunathan and Jha 2011, doi 10.1109/HEALTH.2011.6026732: forged sensor readings by software-defined radio',
    'replay as in Stuxnet (Langner 2013, To Kill a Centrifuge): recorded sensor values during the attack',
  ],
  parameters: { recordMin },
  begin: (parameters) => {
    const recorded: MgPerDl[] = [];
    let played = 0;
    return (genuine, elapsed) => {
      if (elapsed < parameters.recordMin || recorded.length === 0) {
        if (recorded.length < MAX_RECORDED) recorded.push(genuine);
        return undefined;
      }
      const reading = recorded[played % recorded.length];
      played += 1;
      return reading;
    };
  },
};

export const glucoseReplayOnRadio = manipulateOnRadio(glucoseReplay);
export const glucoseReplayOnHandset = manipulateOnHandset(glucoseReplay);

/**
 * Plays whole frames back instead of values: the only way where frames are authenticated, and enough where their counters
 * are not checked.
 */
export const glucoseFramesReplayed: Technique<'radio-range', Parameters> = {
  id: 'glucose-frames-replayed',
  title: 'recorded glucose frames played back unaltered',
  attackIcs: ['T0856', 'T0830', 'T0860'],
  emb3d: ['TID-407', 'TID-221'],
  standsFor: ['CVE-2020-27269 (ICSMA-21-012-01): communication sequences replayed', ...glucoseReplay.standsFor],
  position: 'radio-range',
  preconditions: ['receivers do not check that a reading is new'],
  parameters: { recordMin },
  launch(adversary, parameters) {
    const recorded: Uint8Array[] = [];
    const began = adversary.now();
    let played = 0;
    adversary.point.jam((bytes) => {
      const header = readHeader(bytes);
      if (header?.from !== 'cgm' || header.operation !== 'glucose-reading') return false;
      if (adversary.now() - began < parameters.recordMin * MINUTE || recorded.length === 0) {
        if (recorded.length < MAX_RECORDED) recorded.push(bytes.slice());
        return false;
      }
      const old = recorded[played % recorded.length]!;
      played += 1;
      adversary.act(`${readLegacy(old) === undefined ? 'encrypted ' : ''}reading frame played back`);
      adversary.point.transmit(old);
      return true;
    });
    adversary.onStop(() => adversary.point.jam(undefined));
  },
};
