import type { Position } from './record.ts';

/**
 * Where sealed records live. The store is not trusted with more than keeping bytes: whoever edits it underneath cannot read
 * a record, and cannot change one unseen (`History.audit`).
 */
export interface RecordStore {
  /** How many records it holds. */
  readonly size: number;
  /** Adds the record of position `size`. @throws Fault when it cannot be kept */
  append(sealed: Uint8Array): void;
  /** The sealed record, or undefined where the store holds none. */
  get(position: Position): Uint8Array | undefined;
}
