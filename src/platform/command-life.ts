import type { Explanation } from '#base/explanation';
import type { Millis } from '#base/time';
import type { ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';

/** Commands of one subject that are remembered by themselves; older ones are in history. */
export const MOST_COMMANDS = 128;

export type CommandStatus =
  | 'refused'
  /** The guard permits it, a second person has to. */
  | 'awaiting-approval'
  | 'declined'
  /** On its way; the device has not said yet what became of it. */
  | 'dispatched'
  | 'done'
  /** Refused, or found expired, by the device. */
  | 'refused-by-device'
  | 'expired-at-device'
  /** The device did not say in time. It may have been carried out all the same. */
  | 'timed-out';

/** One command from the wish to what became of it. Plain data. */
export interface CommandLife {
  readonly id: string;
  /** By its role, and the device that had the role when it was asked for. */
  readonly thing: ThingId;
  readonly device: ThingId;
  readonly action: string;
  readonly input: Readonly<Record<string, ThingValue>>;
  readonly requester: string;
  /** The session or token that asked; its right is asked again when the command goes out. Absent for a playbook. */
  readonly credential?: string;
  readonly epoch?: number;
  readonly origin: 'person' | 'playbook';
  readonly requestedAt: Millis;
  /** Chosen by the requester: the same key again is the same command, not a second one. */
  readonly idempotencyKey?: string;
  readonly status: CommandStatus;
  readonly since: Millis;
  /** Until when it may be approved, or has to be acknowledged. */
  readonly dueAt?: Millis;
  readonly approver?: string;
  readonly reasons: readonly Explanation[];
  readonly determinedBy: readonly string[];
  /** What the device said after it was given up on. */
  readonly late?: 'done' | 'refused' | 'expired';
}

/** Adds a life, or replaces the one of the same id. Unfinished ones are never dropped before finished ones. */
export function keepLife(lives: readonly CommandLife[], life: CommandLife): readonly CommandLife[] {
  const index = lives.findIndex(({ id }) => id === life.id);
  if (index >= 0) return lives.with(index, life);
  if (lives.length < MOST_COMMANDS) return [...lives, life];
  const finished = lives.findIndex(({ status }) => !isUnfinished(status));
  return [...lives.toSpliced(Math.max(0, finished), 1), life];
}

export const isUnfinished = (status: CommandStatus): boolean =>
  status === 'awaiting-approval' || status === 'dispatched';

export const lifeOf = (lives: readonly CommandLife[], id: string): CommandLife | undefined =>
  lives.find((life) => life.id === id);
