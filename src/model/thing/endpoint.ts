import { encodeBundle, encodeContent } from './content.ts';
import type { EnrolmentKey } from './enrolment-key.ts';
import { type EnvelopeRefusal, type Opened, openMessage, sealContent } from './envelope.ts';
import type { Acknowledgement, Report } from './message.ts';
import { createReplayWindow, type ReplayState } from './replay-window.ts';

/** What a device must keep over a restart. Going back to an older one would use a nonce twice and accept a replay. */
export interface EndpointState {
  readonly nextSequence: number;
  readonly received: ReplayState;
}

/** A thing's end of its channel to the platform. It seals for itself or, as a gateway, for the things it speaks for. */
export interface Endpoint {
  seal(message: Report | Acknowledgement): Uint8Array;
  /** Seals the contents of several reports, each as `encodeContent` made it, as one message. */
  sealBundle(reports: readonly Uint8Array[]): Uint8Array;
  /** Opens what the platform sealed for the owner of the key; each message once. */
  open(bytes: Uint8Array): Opened | EnvelopeRefusal;
  snapshot(): EndpointState;
}

export function createEndpoint(key: EnrolmentKey, state?: EndpointState): Endpoint {
  let nextSequence = state?.nextSequence ?? 0;
  const window = createReplayWindow(state?.received);

  const sealNext = (kind: 'Report' | 'Bundle' | 'Acknowledgement', content: Uint8Array): Uint8Array => {
    const sequence = nextSequence;
    nextSequence += 1;
    return sealContent(kind, content, key.uplink, sequence);
  };

  const open = (bytes: Uint8Array): Opened | EnvelopeRefusal => {
    const opened = openMessage(bytes, (owner) => (owner === key.owner ? key.downlink : undefined));
    if (opened.kind === 'EnvelopeRefusal') return opened;
    const judgement = window.judge(opened.sequence);
    if (judgement !== 'fresh') {
      const detail = `sequence \`${opened.sequence}\``;
      return { kind: 'EnvelopeRefusal', reason: judgement, claimedSender: opened.sender, detail };
    }
    window.accept(opened.sequence);
    return opened;
  };

  return {
    seal: (message) => sealNext(message.kind, encodeContent(message)),
    sealBundle: (reports) => sealNext('Bundle', encodeBundle(reports)),
    open,
    snapshot: () => ({ nextSequence, received: window.snapshot() }),
  };
}
