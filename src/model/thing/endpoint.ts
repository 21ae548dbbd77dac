import type { PublicKey } from '#crypto/sign';
import { verifyCommand } from './command-signature.ts';
import { encodeBundle, encodeContent } from './content.ts';
import type { EndpointState } from './endpoint-state.ts';
import type { EnrolmentKey } from './enrolment-key.ts';
import { type EnvelopeRefusal, openMessage, sealContent } from './envelope.ts';
import type { Acknowledgement, Command, Report } from './message.ts';
import { createReplayWindow } from './replay-window.ts';
import { createReservedSequence } from './reserved-sequence.ts';

/** A command that was opened, verified and not seen before. Whether it came in time is for the device's clock. */
export interface OpenedCommand {
  readonly kind: 'OpenedCommand';
  readonly command: Command;
  readonly sequence: number;
  readonly counter: number;
}

/** A thing's end of its channel to the platform. It seals for itself or, as a gateway, for the things it speaks for. */
export interface Endpoint {
  seal(message: Report | Acknowledgement): Uint8Array;
  /** Seals the contents of several reports, each as `encodeContent` made it, as one message. */
  sealBundle(reports: readonly Uint8Array[]): Uint8Array;
  /** Opens a command that the platform signed and sealed for the owner of the key; each once, in the order of their counters. */
  openCommand(bytes: Uint8Array): OpenedCommand | EnvelopeRefusal;
  /**
   * What an orderly stop keeps: it leaves no gap in the sequence. What is sealed after all reserves anew first, so that an
   * older snapshot is not the last thing kept.
   */
  snapshot(): EndpointState;
}

export interface EndpointOptions {
  /** The platform's command keys, all of which must have signed a command. Without any, no command is accepted. */
  readonly commandKeys?: readonly PublicKey[];
  /**
   * What was kept last; absent for a thing that never was enrolled. Of a state from another enrolment key only the counter of
   * commands goes on: sequence and window begin anew with a key.
   */
  readonly state?: EndpointState;
  /**
   * Makes a state durable before it returns; when it throws, nothing is sealed and no command is handed on. Called for one
   * message in `reserveAhead` and for every command. Without it, state ends with the process.
   */
  readonly keep?: (state: EndpointState) => void;
  /** Sequence numbers that one write reserves, `RESERVED_AHEAD` where absent. */
  readonly reserveAhead?: number;
}

export function createEndpoint(key: EnrolmentKey, options: EndpointOptions = {}): Endpoint {
  const { commandKeys = [], state, keep, reserveAhead } = options;
  const { fingerprint } = key;
  const ofKey = state?.fingerprint === fingerprint ? state : undefined;
  const window = createReplayWindow(ofKey?.received);
  let commandCounter = state?.commandCounter ?? -1;

  const stateFrom = (nextSequence: number): EndpointState => ({
    fingerprint,
    nextSequence,
    received: window.snapshot(),
    commandCounter,
  });
  const keepFrom = (nextSequence: number): void => keep?.(stateFrom(nextSequence));
  const reserve = keep === undefined ? undefined : keepFrom;
  const sequence = createReservedSequence(ofKey?.nextSequence ?? 0, reserve, reserveAhead);

  const sealNext = (kind: 'Report' | 'Bundle' | 'Acknowledgement', content: Uint8Array): Uint8Array =>
    sealContent(kind, content, key.uplink, sequence.take());

  const openCommand = (bytes: Uint8Array): OpenedCommand | EnvelopeRefusal => {
    const opened = openMessage(bytes, (owner) => (owner === key.owner ? key.downlink : undefined));
    if (opened.kind === 'EnvelopeRefusal') return opened;
    const { message, sender } = opened;
    const refuse = (reason: EnvelopeRefusal['reason'], detail: string): EnvelopeRefusal => ({
      kind: 'EnvelopeRefusal',
      reason,
      claimedSender: sender,
      detail,
    });
    const judgement = window.judge(opened.sequence);
    if (judgement !== 'fresh') return refuse(judgement, `sequence \`${opened.sequence}\``);
    if (message.kind !== 'SignedCommand') return refuse('malformed', `\`${message.kind}\` is no command`);
    const verified = verifyCommand(message, key.owner, commandKeys);
    if (verified.kind === 'CommandObjection') return refuse(verified.reason, verified.detail);
    const { command, counter } = verified;
    if (counter <= commandCounter) return refuse('replayed', `counter \`${counter}\` after \`${commandCounter}\``);
    // INVARIANT: window and counter move only here, after the signatures, so that nobody who has the sealing key but not the
    // signing key can push them ahead; and what they moved to is kept before anybody acts on the command.
    window.accept(opened.sequence);
    commandCounter = counter;
    keepFrom(sequence.unused);
    return { kind: 'OpenedCommand', command, sequence: opened.sequence, counter };
  };

  return {
    seal: (message) => sealNext(message.kind, encodeContent(message)),
    sealBundle: (reports) => sealNext('Bundle', encodeBundle(reports)),
    openCommand,
    snapshot: () => stateFrom(sequence.release()),
  };
}
