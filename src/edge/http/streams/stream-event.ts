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

export interface FindingEvent extends Occurrence {
  readonly type: 'finding';
  readonly thing: string;
  readonly rule: string;
  readonly confidence: string;
  readonly statement: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** An incident went into another phase, or a step against it was taken. */
export interface IncidentEvent extends Occurrence {
  readonly type: 'incident';
  readonly id: string;
  readonly phase?: string;
  readonly reason?: string;
  readonly response?: string;
}

export interface CommandEvent extends Occurrence {
  readonly type: 'command';
  /** Absent for what was no request at all. */
  readonly id?: string;
  readonly what: string;
  readonly thing?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly reasons?: readonly string[];
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

/** What streams tell. */
export type StreamEvent = PropertyEvent | FindingEvent | IncidentEvent | CommandEvent | ConnectionEvent | TwinEvent;
