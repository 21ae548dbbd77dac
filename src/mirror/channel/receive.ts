import { assert } from '#base/assert';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import {
  authenticateEnvelope,
  decodeEnvelope,
  type Envelope,
  MESSAGE_LIMIT,
  parseEnvelope,
} from '#model/thing/envelope';
import type { Acknowledgement, Message, Report } from '#model/thing/message';
import { createReplayWindow, type ReplayState, type ReplayWindow } from '#model/thing/replay-window';
import type { ThingId } from '#model/thing/thing-id';
import { type ThingModel, violationOf } from '#model/thing/thing-model';
import { type DeviceMessage, deviceMessages, partsOf } from './device-message.ts';
import type { Enrolment } from './enrolment.ts';
import type { Refusal, RefusalReason } from './refusal.ts';

/** A genuine message: what was authenticated, and what it tells. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly sender: ThingId;
  readonly sequence: number;
  readonly contentKind: Message['kind'];
  /** The one encoding of the content, as the sender sealed it: `messages` can be made from it again. */
  readonly payload: Uint8Array;
  readonly messages: readonly DeviceMessage[];
}

export type Received = Accepted | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface ChannelLimits {
  /** Greatest message in bytes; at most `MESSAGE_LIMIT`. */
  readonly messageBytes: number;
}

export const CHANNEL_LIMITS: ChannelLimits = { messageBytes: MESSAGE_LIMIT };

/** What the channel must keep over a restart: which sequence numbers each key was already used with. Plain data. */
export interface ChannelState {
  readonly windows: readonly { readonly thing: ThingId; readonly fingerprint: string; readonly state: ReplayState }[];
  readonly revoked: readonly ThingId[];
}

export interface ChannelDeps {
  readonly enrolments: readonly Enrolment[];
  readonly thingModels: ReadonlyMap<string, ThingModel>;
  readonly limits?: ChannelLimits;
  readonly state?: ChannelState;
}

/** Where bytes become device messages: nothing behind it looks at a message that it did not accept. */
export interface Channel {
  /** `now` is the platform's clock. Never throws for what is in `bytes`. */
  receive(bytes: Uint8Array, now: Millis): Received;
  /** Adds or replaces an enrolment. The replay window of an unchanged key is kept. @throws Fault `channel.unknown-model` */
  enrol(enrolment: Enrolment): void;
  /** Refuses the thing's key from now on, and every message about it. Undone only by enrolling it anew. */
  revoke(thing: ThingId): void;
  /** A sequence that was accepted before the channel was made, as history tells. Does nothing for a key that is not there. */
  note(sender: ThingId, sequence: number): void;
  /** Takes up the window of the thing's present key as it was kept. */
  resume(thing: ThingId, state: ReplayState): void;
  snapshot(): ChannelState;
}

interface Entry {
  readonly enrolment: Enrolment;
  readonly model: ThingModel;
  readonly speaksFor: ReadonlySet<ThingId>;
  readonly window: ReplayWindow;
  readonly fingerprint: string;
}

export function createChannel({ enrolments, thingModels, limits = CHANNEL_LIMITS, state }: ChannelDeps): Channel {
  assert(limits.messageBytes <= MESSAGE_LIMIT, `a message has at most ${MESSAGE_LIMIT} bytes`);
  const entries = new Map<ThingId, Entry>();
  const revoked = new Set<ThingId>(state?.revoked);
  const restored = new Map(state?.windows.map((kept) => [`${kept.thing} ${kept.fingerprint}`, kept.state]));

  const add = (enrolment: Enrolment): void => {
    const { thing, model: modelId, speaksFor } = enrolment;
    const model = thingModels.get(modelId);
    if (model === undefined) {
      throw new Fault('channel.unknown-model', `enrolment of \`${thing}\`: no thing model \`${modelId}\``, { thing });
    }
    const fingerprint = enrolment.key?.fingerprint ?? '';
    const previous = entries.get(thing);
    const isSameKey = previous !== undefined && previous.fingerprint === fingerprint;
    const window = isSameKey ? previous.window : createReplayWindow(restored.get(`${thing} ${fingerprint}`));
    entries.set(thing, { enrolment, model, speaksFor: new Set([thing, ...speaksFor]), window, fingerprint });
  };
  for (const enrolment of enrolments) add(enrolment);

  /** The way of a message. @throws Fault when the bytes are no message */
  const accept = (bytes: Uint8Array, now: Millis, progress: Progress): Accepted | NotAccepted => {
    if (bytes.length > limits.messageBytes) return notAccepted('too-large', `\`${bytes.length}\` bytes`);
    const envelope = parseEnvelope(bytes, limits.messageBytes);
    progress.envelope = envelope;
    const { sender, sequence } = envelope;
    if (revoked.has(sender)) return notAccepted('revoked', `the enrolment of \`${sender}\``);
    const entry = entries.get(sender);
    const key = entry?.enrolment.key;
    if (entry === undefined || key === undefined) return notAccepted('unknown-sender', `no key of \`${sender}\``);
    const payload = authenticateEnvelope(envelope, key.uplink);
    if (payload === undefined) return notAccepted('not-authentic', 'the key does not open it');
    progress.authenticated = true;
    const judgement = entry.window.judge(sequence);
    if (judgement !== 'fresh') return notAccepted(judgement, `sequence \`${sequence}\``);
    // INVARIANT: the window moves only here, after authentication, so that nobody without the key can push it ahead
    entry.window.accept(sequence);
    const content = decodeEnvelope(envelope, payload);
    if (content.kind === 'SignedCommand') return notAccepted('wrong-content', 'a device sent a command');
    // All of a bundle or nothing: the sender vouches for it as a whole, and half of it would be a message nobody sent.
    for (const part of partsOf(content)) {
      const objection = objectionTo(entry, part);
      if (objection !== undefined) return objection;
    }
    const messages = deviceMessages(content, sender, sequence, now);
    return { kind: 'accepted', sender, sequence, contentKind: content.kind, payload, messages };
  };

  const objectionTo = (entry: Entry, content: Report | Acknowledgement): NotAccepted | undefined => {
    const { thing } = content;
    const about = entry.speaksFor.has(thing) ? entries.get(thing) : undefined;
    if (about === undefined) {
      return notAccepted('not-spoken-for', `\`${entry.enrolment.thing}\` does not speak for \`${thing}\``);
    }
    if (revoked.has(thing)) return notAccepted('revoked', `the enrolment of \`${thing}\``);
    if (content.kind === 'Report') return violationOfModel(content, about.model);
    // Only the device itself can open a command, so nobody answers it for another.
    if (thing === entry.enrolment.thing) return undefined;
    return notAccepted('not-spoken-for', `\`${entry.enrolment.thing}\` answers no command of \`${thing}\``);
  };

  const receive = (bytes: Uint8Array, now: Millis): Received => {
    const progress: Progress = { envelope: undefined, authenticated: false };
    try {
      const result = accept(bytes, now, progress);
      return result.kind === 'accepted' ? result : refused(result.reason, result.detail, progress, now);
    } catch (error) {
      if (error instanceof Fault) return refused('malformed', error.message, progress, now);
      throw error;
    }
  };

  const snapshot = (): ChannelState => ({
    windows: [...entries.values()]
      .filter(({ enrolment }) => enrolment.key !== undefined)
      .map(({ enrolment, fingerprint, window }) => ({ thing: enrolment.thing, fingerprint, state: window.snapshot() })),
    revoked: [...revoked],
  });

  return {
    receive,
    enrol: (enrolment) => {
      add(enrolment);
      revoked.delete(enrolment.thing);
    },
    revoke: (thing) => {
      revoked.add(thing);
    },
    resume: (thing, state) => {
      const entry = entries.get(thing);
      if (entry !== undefined) entries.set(thing, { ...entry, window: createReplayWindow(state) });
    },
    note: (sender, sequence) => {
      const window = entries.get(sender)?.window;
      if (window?.judge(sequence) === 'fresh') window.accept(sequence);
    },
    snapshot,
  };
}

/** How far a message came, for its refusal. */
interface Progress {
  envelope: Envelope | undefined;
  authenticated: boolean;
}

interface NotAccepted {
  readonly kind: 'NotAccepted';
  readonly reason: RefusalReason;
  readonly detail: string;
}

const notAccepted = (reason: RefusalReason, detail: string): NotAccepted => ({ kind: 'NotAccepted', reason, detail });

function refused(reason: RefusalReason, detail: string, { envelope, authenticated }: Progress, at: Millis): Received {
  const claim = envelope === undefined ? {} : { claimedSender: envelope.sender, sequence: envelope.sequence };
  return { kind: 'refused', refusal: { kind: 'Refusal', reason, ...claim, authenticated, detail, at } };
}

function violationOfModel(report: Report, model: ThingModel): NotAccepted | undefined {
  for (const { name, value, unit } of report.measurements) {
    const property = model.properties.get(name);
    if (property === undefined) return notAccepted('not-in-thing-model', `property \`${name}\` of \`${model.id}\``);
    if (unit !== undefined && unit !== property.unit) {
      const expected = property.unit ?? 'none';
      return notAccepted('not-in-thing-model', `unit \`${unit}\` of \`${name}\`, expected \`${expected}\``);
    }
    const violation = violationOf(property, value);
    if (violation === 'type') return notAccepted('not-in-thing-model', `\`${name}\` is not of type ${property.type}`);
    if (violation === 'bounds') return notAccepted('value-out-of-model', `\`${name}\` is \`${String(value)}\``);
  }
  return undefined;
}
