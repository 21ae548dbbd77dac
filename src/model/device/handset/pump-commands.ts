import { type Millis, SECOND } from '#base/time';
import type { DevicePorts } from '../device.ts';
import type { LinkCodec, LinkFrame } from '../link/link-codec.ts';
import type { Operation } from '../link/operation.ts';
import { decodeOutcome, type LinkOutcome } from '../link/payload.ts';

/** `unanswered`: sent three times without an acknowledgement; the pump may have carried it out or not. */
export type CommandOutcome = Exclude<LinkOutcome, 'pending'> | 'unanswered';

interface PumpCommand {
  readonly operation: Operation;
  readonly payload: Uint8Array;
  readonly settle: (outcome: CommandOutcome) => void;
}

/** The handset's side of its conversation with the pump: one request at a time, each repeated until it is acknowledged. */
export interface PumpCommands {
  send(operation: Operation, payload: Uint8Array, settle: (outcome: CommandOutcome) => void): void;
  acknowledged(frame: LinkFrame): void;
  onTimer(): void;
}

export const RETRY_TIMER = 'retry';
export const RETRY_AFTER: Millis = 4 * SECOND;
export const RETRIES = 2;
const MOST_WAITING = 8;

export function createPumpCommands(link: LinkCodec, ports: DevicePorts): PumpCommands {
  let waiting: PumpCommand[] = [];
  let current: { readonly command: PumpCommand; readonly request: number; sent: number } | undefined;
  /** A bolus that the person is asked about at the pump. */
  let unconfirmed: { readonly command: PumpCommand; readonly request: number } | undefined;
  let lastRequest = 0;

  const transmit = (): void => {
    if (current === undefined) return;
    current.sent += 1;
    const { operation, payload } = current.command;
    const { request } = current;
    ports.send('radio', link.encode({ from: 'handset', to: 'pump', operation, request, payload }));
    ports.schedule(RETRY_TIMER, RETRY_AFTER);
  };

  const next = (): void => {
    const command = waiting.shift();
    current = undefined;
    if (command === undefined) {
      ports.cancel(RETRY_TIMER);
      return;
    }
    lastRequest = (lastRequest + 1) % 256;
    current = { command, request: lastRequest, sent: 0 };
    transmit();
  };

  return {
    send(operation, payload, settle) {
      // A newer temporary basal makes a waiting one pointless.
      if (operation === 'set-temporary-basal') waiting = waiting.filter((command) => command.operation !== operation);
      if (waiting.length >= MOST_WAITING) waiting.shift()?.settle('unanswered');
      waiting.push({ operation, payload, settle });
      if (current === undefined) next();
    },

    acknowledged(frame) {
      const outcome = decodeOutcome(frame.payload);
      if (outcome === undefined) return;
      if (current !== undefined && frame.request === current.request) {
        const { command, request } = current;
        if (outcome === 'pending') {
          unconfirmed?.command.settle('unanswered');
          unconfirmed = { command, request };
        } else {
          command.settle(outcome);
        }
        next();
      } else if (unconfirmed !== undefined && frame.request === unconfirmed.request && outcome !== 'pending') {
        const { command } = unconfirmed;
        unconfirmed = undefined;
        command.settle(outcome);
      }
    },

    onTimer() {
      if (current === undefined) return;
      if (current.sent <= RETRIES) {
        transmit();
        return;
      }
      const { command } = current;
      command.settle('unanswered');
      next();
    },
  };
}
