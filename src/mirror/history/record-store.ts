import type { Position } from './record.ts';

/** A record as it is kept: canonical CBOR, encrypted under its subject's key (`sealRecord`). */
export type SealedRecord = Uint8Array;

/**
 * Where sealed records live. The store is not trusted with more than keeping bytes: whoever edits it underneath cannot read
 * a record, and cannot change one unseen (`History.audit`).
 */
export interface RecordStore {
  /** How many records it holds. */
  readonly size: number;
  /** Adds the record of position `size`. @throws Fault when it cannot be kept */
  append(sealed: SealedRecord): void;
  /** The sealed record, or undefined where the store holds none. */
  get(position: Position): SealedRecord | undefined;
}
