import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import { readHeader } from '../overheard-frame.ts';
import type { Technique } from '../technique.ts';

type Parameters = {
  readonly sender: string;
  readonly delayMin: Minutes;
  readonly repeats: number;
  readonly intervalMin: Minutes;
};

/** Needs to understand nothing but the header: the recorded frame is transmitted again, byte for byte. */
export const replayedBolus: Technique<'radio-range', Parameters> = {
  id: 'replayed-bolus',
  title: 'recorded bolus command played back',
  attackIcs: ['T0855', 'T0860', 'T0887'],
  emb3d: ['TID-407', 'TID-221'],
  standsFor: [
    'CVE-2018-14781 (ICSMA-18-219-02): remote bolus of MiniMed pumps captured and replayed',
    'CVE-2016-5086 (Rapid7 R7-2016-07): Animas OneTouch Ping',
    'CVE-2020-27269 (ICSMA-21-012-01): Dana Diabecare RS without replay protection',
  ],
  position: 'radio-range',
  preconditions: [
    'the pump does not check that a command is new',
    'a bolus was commanded by radio while the adversary listened',
    'for a remote: its owner enabled it on the pump',
  ],
  parameters: {
    sender: {
      description: 'whose bolus command is recorded',
      default: 'any',
      oneOf: ['any', 'handset', 'remote'],
    },
    delayMin: {
      description: 'from the recording to the first replay',
      unit: 'min',
      default: 60,
      minimum: 0,
      maximum: 1440,
    },
    repeats: { description: 'how often it is played back', default: 4, minimum: 1, maximum: 200 },
    intervalMin: { description: 'time between replays', unit: 'min', default: 15, minimum: 1, maximum: 720 },
  },
  launch(adversary, { sender, delayMin, repeats, intervalMin }) {
    let recorded: Uint8Array | undefined;
    adversary.point.listen((bytes) => {
      if (recorded !== undefined) return;
      const header = readHeader(bytes);
      if (header?.operation !== 'bolus' || header.to !== 'pump') return;
      if (sender !== 'any' && header.from !== sender) return;
      const frame = bytes.slice();
      recorded = frame;
      for (let turn = 0; turn < repeats; turn += 1) {
        adversary.after((delayMin + turn * intervalMin) * MINUTE, () => {
          adversary.act(`bolus command of ${header.from} played back`);
          adversary.point.transmit(frame);
        });
      }
    });
  },
};
