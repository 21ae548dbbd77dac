import { assert } from '#base/assert';
import type { SigningKey } from '#crypto/sign';
import { signCommand } from '#model/thing/command-signature';
import type { EnrolmentKey } from '#model/thing/enrolment-key';
import { sealMessage } from '#model/thing/envelope';
import type { Command } from '#model/thing/message';

/**
 * What the platform must keep over a restart, and durably before anything sealed is released: neither number is used twice.
 * The sequence is the enrolment key's and begins anew with another one; the counter is the thing's and goes on for as long
 * as the device may remember it.
 */
export interface CommandSealerState {
  readonly nextSequence: number;
  readonly nextCounter: number;
}

/**
 * Signs and seals commands for the owner of one enrolment key. Only `platform/command.ts` may hold one of these, after the
 * guard permitted.
 */
export interface CommandSealer {
  /** Each call uses one sequence and one counter. */
  seal(command: Command): Uint8Array;
  snapshot(): CommandSealerState;
}

export interface CommandSealerOptions extends Partial<CommandSealerState> {
  /** At least one. A device refuses unless each key that it was given is among them. */
  readonly signers: readonly SigningKey[];
}

export function createCommandSealer(key: EnrolmentKey, options: CommandSealerOptions): CommandSealer {
  const { signers } = options;
  assert(signers.length > 0, 'a command has a signer');
  let nextSequence = options.nextSequence ?? 0;
  let nextCounter = options.nextCounter ?? 0;
  return {
    seal: (command) => {
      assert(command.thing === key.owner, 'a command is sealed for the thing that it names');
      const sequence = nextSequence;
      const counter = nextCounter;
      nextSequence += 1;
      nextCounter += 1;
      return sealMessage(signCommand(command, signers, counter), key.downlink, sequence);
    },
    snapshot: () => ({ nextSequence, nextCounter }),
  };
}
