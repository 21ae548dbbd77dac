import type { Millis } from '#base/time';
import type { ThingId } from './thing-id.ts';

/** What a property or an action's input field can hold. */
export type ThingValue = number | string | boolean | readonly number[];

/** One value of one property. `name` is the property's name in the Thing Model; `at` is the device's clock. */
export interface Measurement {
  readonly name: string;
  readonly value: ThingValue;
  readonly at: Millis;
  /** UCUM code. Optional on the wire; where stated it must be the Thing Model's. */
  readonly unit?: string;
}

/** Property values that a thing reports. `sentAt` is the device's clock. */
export interface Report {
  readonly kind: 'Report';
  readonly thing: ThingId;
  readonly sentAt: Millis;
  readonly measurements: readonly Measurement[];
}

/** Reports of several things, sealed as one message by the thing that speaks for them. In the order in which it heard them. */
export interface Bundle {
  readonly kind: 'Bundle';
  readonly reports: readonly Report[];
}

/** What became of a command. `at` is the device's clock. */
export interface Acknowledgement {
  readonly kind: 'Acknowledgement';
  readonly thing: ThingId;
  readonly commandId: string;
  readonly outcome: 'done' | 'refused' | 'expired';
  readonly reason?: string;
  readonly at: Millis;
}

/** A request that `thing` performs `action`; a device refuses it after `expiresAt`. Times are the platform's clock. */
export interface Command {
  readonly kind: 'Command';
  readonly id: string;
  readonly thing: ThingId;
  readonly action: string;
  readonly input: Readonly<Record<string, ThingValue>>;
  readonly issuedAt: Millis;
  readonly expiresAt: Millis;
}

/**
 * A command as the platform signed it (`signCommand`): nobody has verified it yet, so it says nothing (`verifyCommand`).
 * A command travels in no other form.
 */
export interface SignedCommand {
  readonly kind: 'SignedCommand';
  readonly signed: Uint8Array;
}

export type Message = Report | Bundle | Acknowledgement | SignedCommand;
