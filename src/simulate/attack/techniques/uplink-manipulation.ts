import { MINUTE } from '#base/time';
import type { Fraction, Minutes } from '#base/units';
import type { Interception } from '#simulate/world/fault-points';
import type { Adversary, Technique } from '../technique.ts';

type Parameters = {
  readonly what: string;
  readonly direction: string;
  readonly share: Fraction;
  readonly delayMin: Minutes;
};

const PASS: Interception = { kind: 'pass' };
const DROP: Interception = { kind: 'drop' };

/** Replayed bytes come from this many of the last ones. */
const MEMORY = 64;

export const uplinkManipulation: Technique<'network-path', Parameters> = {
  id: 'uplink-manipulation',
  title: 'messages between gateway and platform altered, dropped, delayed or replayed',
  attackIcs: ['T0830', 'T0832', 'T0815'],
  emb3d: ['TID-407', 'TID-411'],
  standsFor: [
    'CVE-2022-26394 (ICSMA-22-251-01): no mutual authentication between infusion pump and gateway',
    'CVE-2021-33885 (ICSMA-21-294-01): forged data accepted in place of correct data',
    'Rwhat protocol, DEF CON 26 (2018): vital signs altered between bedside monitor and central station',
  ],
  position: 'network-path',
  preconditions: ['altering and replaying: messages are not protected end to end', 'dropping and delaying: none'],
  parameters: {
    what: { description: 'what is done to a message', default: 'alter', oneOf: ['alter', 'drop', 'delay', 'replay'] },
    direction: {
      description: 'which messages',
      default: 'to-platform',
      oneOf: ['to-platform', 'to-gateway', 'both'],
    },
    share: { description: 'share of the messages that is touched', default: 1, minimum: 0, maximum: 1 },
    delayMin: {
      description: 'how long a delayed message is held',
      unit: 'min',
      default: 15,
      minimum: 0.1,
      maximum: 240,
    },
  },
  launch(adversary, parameters) {
    const memory: Uint8Array[] = [];
    adversary.point.intercept((bytes, direction) => {
      if (parameters.direction !== 'both' && parameters.direction !== direction) return PASS;
      memory.push(bytes.slice());
      if (memory.length > MEMORY) memory.shift();
      if (!adversary.random.chance(parameters.share)) return PASS;
      const interception = touch(adversary, parameters, memory);
      if (interception.kind !== 'pass') adversary.act(`message ${direction} ${DONE[parameters.what] ?? ''}`);
      return interception;
    });
    adversary.onStop(() => adversary.point.intercept(undefined));
  },
};

const DONE: Readonly<Record<string, string>> = {
  alter: 'altered',
  drop: 'dropped',
  delay: 'held back',
  replay: 'replaced by an older one',
};

/** `memory` ends with the message itself. */
function touch(
  { random }: Adversary<'network-path'>,
  { what, delayMin }: Parameters,
  memory: readonly Uint8Array[],
): Interception {
  const bytes = memory.at(-1);
  if (bytes === undefined || bytes.length === 0) return PASS;
  switch (what) {
    case 'drop':
      return DROP;
    case 'delay':
      return { kind: 'delay', by: Math.round(delayMin * MINUTE) };
    case 'replay': {
      const older = memory[random.integer(0, Math.max(0, memory.length - 2))];
      return memory.length < 2 || older === undefined ? PASS : { kind: 'replace', bytes: older.slice() };
    }
    default: {
      const altered = bytes.slice();
      const place = random.integer(0, altered.length - 1);
      altered[place] = altered[place]! ^ (1 << random.integer(0, 7));
      return { kind: 'replace', bytes: altered };
    }
  }
}
