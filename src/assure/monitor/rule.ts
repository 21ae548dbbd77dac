import type { Finding } from '#assure/monitor/finding';
import type { Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { Refusal } from '#mirror/channel/refusal';
import type { Innovation } from '#mirror/twin/estimator';
import type { Twin } from '#mirror/twin/twin';
import type { ThingId } from '#model/thing/thing-id';

/** One rule of the monitor, with all there is to know about it. `State` is the rule's own memory, plain data. */
export interface Rule<State = unknown> {
  readonly id: string;
  readonly statement: string;
  /** Ids of the techniques it is meant to notice. */
  readonly answers: readonly string[];
  /** What it costs: computing, privacy, alarms. */
  readonly cost: string;
  readonly knownFalsePositives: readonly string[];
  /** What it is shown; everything where this is absent. INVARIANT: of anything else it would find nothing and learn nothing. */
  readonly looksAt?: LooksAt;
  initial(): State;
  /** Pure: returns the new state, and findings if any. */
  check(state: State, observation: Observation): { readonly state: State; readonly findings: readonly Finding[] };
}

/** Kinds of observations and, of messages, the things they tell of: all things where `things` is absent. */
export interface LooksAt {
  readonly kinds: readonly Observation['kind'][];
  readonly things?: readonly ThingId[];
}

/** A command of the platform, and what its device said became of it. */
export interface Answered {
  readonly thing: ThingId;
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly outcome: 'done' | 'refused' | 'expired';
}

/** What a rule sees. The twin is the state after the observation was applied; `previous` the one before. */
export type Observation =
  | {
      readonly kind: 'message';
      readonly now: Millis;
      readonly message: DeviceMessage;
      readonly twin: Twin;
      readonly previous: Twin;
      /** Present when the message held a glucose reading that the estimator took in. */
      readonly innovation?: Innovation;
      /** Present when the message answered a command of its device for the first time. */
      readonly answered?: Answered;
    }
  | { readonly kind: 'refusal'; readonly now: Millis; readonly refusal: Refusal; readonly twin: Twin }
  /** Once a minute. */
  | { readonly kind: 'tick'; readonly now: Millis; readonly twin: Twin }
  /** The platform itself sent a command to a device. */
  | {
      readonly kind: 'dispatched';
      readonly now: Millis;
      readonly thing: string;
      readonly action: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly twin: Twin;
    }
  /** A command was refused, by authorization or by the guard. */
  | {
      readonly kind: 'command-refused';
      readonly now: Millis;
      readonly thing: string;
      readonly action: string;
      readonly requester: string;
      readonly origin: 'person' | 'playbook';
      readonly determinedBy: readonly string[];
      readonly twin: Twin;
    }
  | {
      readonly kind: 'audited';
      readonly now: Millis;
      readonly outcome: 'intact' | 'tampered';
      readonly firstBad?: number;
      readonly twin: Twin;
    }
  /** The role was given another key or thing: what is remembered of the former one's clock, numbers and signal holds no more. */
  | { readonly kind: 'replaced'; readonly now: Millis; readonly thing: ThingId; readonly twin: Twin };
