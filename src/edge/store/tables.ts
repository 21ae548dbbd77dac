/** The tables of a store as Kysely sees them. Both engines have the same ones; the migrations beside each engine make them. */
export interface StoreTables {
  readonly record: RecordRow;
  readonly block: BlockRow;
  readonly checkpoint: CheckpointRow;
  readonly secret: SecretRow;
  readonly snapshot: SnapshotRow;
}

/** Integers are those that `safeInteger` lets through: one that no safe integer can hold is NaN, which equals nothing. */
export interface RecordRow {
  readonly position: number;
  readonly subject: string;
  readonly kind: string;
  readonly at: number;
  readonly sealed: Uint8Array;
  readonly leaf: Uint8Array;
}

export interface BlockRow {
  readonly index: number;
  readonly digest: Uint8Array;
}

export interface CheckpointRow {
  readonly size: number;
  readonly at: number;
  readonly note: string;
}

export interface SecretRow {
  readonly name: string;
  readonly wrapped: Uint8Array;
  readonly root_key_id: string;
}

export interface SnapshotRow {
  readonly name: string;
  readonly position: number;
  readonly version: string;
  readonly sealed: Uint8Array;
}

/**
 * A 64-bit integer of an engine as a number. What was written here is always safe; what is not was put there by somebody
 * else, and as NaN it differs from whatever it is compared with, so that verification locates it instead of failing.
 */
export function safeInteger(value: bigint | string): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Number.NaN;
}
