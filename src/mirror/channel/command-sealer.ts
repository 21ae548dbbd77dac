import type { EnrolmentKey } from '#model/thing/enrolment-key';
import { sealMessage } from '#model/thing/envelope';
import type { Command } from '#model/thing/message';

/**
 * Seals commands for the owner of one enrolment key. A command for a thing without a key is sealed for the thing that speaks
 * for it. Only `platform/command.ts` may hold one of these, after the guard permitted.
 */
export interface CommandSealer {
  seal(command: Command): Uint8Array;
  /** To be kept over a restart before anything sealed is released: a sequence must not be used twice. */
  readonly nextSequence: number;
}

export function createCommandSealer(key: EnrolmentKey, nextSequence = 0): CommandSealer {
  let sequence = nextSequence;
  return {
    seal: (command) => {
      const current = sequence;
      sequence += 1;
      return sealMessage(command, key.downlink, current);
    },
    get nextSequence() {
      return sequence;
    },
  };
}
