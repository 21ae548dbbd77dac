import type { Operation } from '#model/device/link/operation';
import { readHeader } from '../overheard-frame.ts';
import type { Technique } from '../technique.ts';

type Parameters = { readonly commands: string };

const BLOCKED: Readonly<Record<string, ReadonlySet<Operation>>> = {
  all: new Set<Operation>(['set-temporary-basal', 'bolus', 'suspend', 'resume', 'set-basal-profile', 'set-limits']),
  basal: new Set<Operation>(['set-temporary-basal', 'suspend', 'resume', 'set-basal-profile']),
  bolus: new Set<Operation>(['bolus']),
};

/** Encryption does not help: the header tells what a frame is, and destroying it takes no key. */
export const commandBlocked: Technique<'radio-range', Parameters> = {
  id: 'command-blocked',
  title: 'commands to the pump destroyed in the air',
  attackIcs: ['T0803', 'T0813', 'T0860'],
  emb3d: [],
  standsFor: [
    'CVE-2019-10964 (ICSMA-19-178-01): data to MiniMed 508 and Paradigm intercepted',
    'CVE-2020-10627 (ICSMA-20-079-01): data of Insulet Omnipod intercepted',
  ],
  position: 'radio-range',
  preconditions: ['the kind of a frame can be told before its end'],
  parameters: {
    commands: { description: 'which are destroyed', default: 'all', oneOf: ['all', 'basal', 'bolus'] },
  },
  launch(adversary, { commands }) {
    const blocked = BLOCKED[commands];
    adversary.point.jam((bytes) => {
      const header = readHeader(bytes);
      if (header === undefined || header.to !== 'pump' || !blocked?.has(header.operation)) return false;
      adversary.act(`${header.operation} command of ${header.from} destroyed`);
      return true;
    });
    adversary.onStop(() => adversary.point.jam(undefined));
  },
};
