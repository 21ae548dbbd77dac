import type { Explanation } from '#base/explanation';
import type { Position, SubjectId } from '#mirror/history/record';
import type { ThingValue } from '#model/thing/message';

interface Occurrence {
  /** Of the record that tells of it; several events may share one. */
  readonly position: Position;
  readonly subject: SubjectId;
  /** When the platform recorded it, ISO 8601. */
  readonly at: string;
}

/** A device reported a value. */
export interface PropertyEvent extends Occurrence {
  readonly type: 'property';
  /** By its role. */
  readonly thing: string;
  readonly name: string;
  readonly value: ThingValue;
  /** By the device's clock. */
  readonly measuredAt: string;
}

export interface FindingEvent extends Occurrence, Explanation {
  readonly type: 'finding';
  readonly thing: string;
  readonly rule: string;
  readonly confidence: string;
  readonly what?: string;
}

/** An incident went into another phase, or a step against it was taken. */
export interface IncidentEvent<Reason> extends Occurrence {
  readonly type: 'incident';
  readonly id: string;
  readonly phase?: string;
  readonly reason?: Reason;
  readonly response?: string;
}

export interface CommandEvent<Reason> extends Occurrence {
  readonly type: 'command';
  /** Absent for what was no request at all. */
  readonly id?: string;
  readonly what: string;
  readonly thing?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly reasons?: readonly Reason[];
}

/** A device was expected, enrolled, connected, disconnected or revoked. */
export interface ConnectionEvent extends Occurrence {
  readonly type: 'connection';
  readonly thing: string;
  readonly id: string;
  readonly state: string;
}

/** The twin was made, put into service or forgotten. */
export interface TwinEvent extends Occurrence {
  readonly type: 'twin';
  readonly what: string;
}

type EventWith<Reason> =
  | PropertyEvent
  | FindingEvent
  | IncidentEvent<Reason>
  | CommandEvent<Reason>
  | ConnectionEvent
  | TwinEvent;

/** What happened, for all who listen. */
export type StreamEvent = EventWith<Explanation>;
/** What streams tell: as much of it as one caller may see, in words. */
export type ToldEvent = EventWith<string>;
