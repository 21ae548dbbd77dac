/** What a platform process is asked, and what it says. */

export const ORIGIN = 'faults/history';
export const VERSION = 'faults';

/** A ward lives ten minutes in a second, so that commands, minutes and findings are not all of one instant. */
export const SPEED = 600;

/** The time that platform and devices share, from the instant at which it was real time. */
export const wardTime =
  (anchor: number): (() => number) =>
  () =>
    anchor + (Date.now() - anchor) * SPEED;

export type Asked = { readonly n: number } & (
  | { readonly kind: 'enrol'; readonly subject: string; readonly secrets: Readonly<Record<string, string>> }
  | { readonly kind: 'message'; readonly by: string; readonly bytes: string; readonly again: boolean }
  | { readonly kind: 'command'; readonly subject: string; readonly action: string; readonly key: string }
  | { readonly kind: 'minute' | 'state' | 'close' }
);

export type Said =
  | { readonly kind: 'open'; readonly commandKey: string }
  | { readonly kind: 'replayed'; readonly records: number }
  | { readonly kind: 'log'; readonly message: string }
  | { readonly kind: 'dispatch'; readonly subject: string; readonly thing: string; readonly bytes: string }
  | { readonly kind: 'answer'; readonly n: number; readonly outcome: string }
  | { readonly kind: 'fault'; readonly n: number; readonly message: string };
