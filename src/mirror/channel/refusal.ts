import type { Millis } from '#base/time';
import type { ThingId } from '#model/thing/thing-id';

/** Every reason for which a message is refused, in the order in which they are found. */
export const REFUSAL_REASONS = {
  'too-large': 'more bytes than the limit',
  malformed: 'not the one canonical encoding of a message',
  revoked: 'the enrolment was revoked',
  'unknown-sender': 'no enrolment holds a key of that name',
  'not-authentic': 'the key does not open the message: altered, foreign or reflected',
  replayed: 'this sequence number was accepted before',
  redelivered:
    'the same, but the transport says that it delivers it a second time, as it does after a broken connection',
  'too-old': 'the sequence number lies before the replay window',
  'wrong-content': 'genuine, but not of a kind that a device sends',
  'not-spoken-for': 'the sender may not speak for the thing',
  'wrong-path': 'genuine, but handed in by a device that the sender is not reached through',
  'foreign-command': 'genuine, but about a command that was given to another device',
  'unknown-command': 'genuine, but about a command that nobody remembers giving',
  'not-in-thing-model': 'a property that the Thing Model does not have, or another type or unit',
  'value-out-of-model': 'a value outside the bounds of the Thing Model',
} as const satisfies Readonly<Record<string, string>>;

export type RefusalReason = keyof typeof REFUSAL_REASONS;

/** Those whose details name senders, things, numbers and sizes alone; the details of all others may quote what a device says. */
export const QUOTING_NOTHING: ReadonlySet<RefusalReason> = new Set([
  'too-large',
  'revoked',
  'unknown-sender',
  'not-authentic',
  'replayed',
  'redelivered',
  'too-old',
  'wrong-content',
  'not-spoken-for',
  'wrong-path',
  'foreign-command',
  'unknown-command',
]);

/**
 * Why bytes were not accepted. INVARIANT: `claimedSender` is unproven up to and including `not-authentic`, genuine after it
 * (`authenticated` tells).
 */
export interface Refusal {
  readonly kind: 'Refusal';
  readonly reason: RefusalReason;
  readonly claimedSender?: ThingId;
  readonly authenticated: boolean;
  readonly sequence?: number;
  /** What a person needs to know beyond the reason: lower case, offending value in back-ticks. */
  readonly detail: string;
  /** The platform's clock. */
  readonly at: Millis;
}
