import type { Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { InclusionProof, Reading, SignedCheckpoint } from '#mirror/history/history';
import type { Position, SubjectId } from '#mirror/history/record';
import type { RecordQuery } from '../store/store.ts';
import type { PastState } from './past-state.ts';

/** What is found at a position: a record, or that its subject was forgotten. A record that was altered is a Fault `history.tampered`. */
export type Found = Exclude<Reading, { readonly kind: 'tampered' }>;

/** As the store takes it; who reads history need not know the store. */
export type HistoryQuery = RecordQuery;

/** Reads what is durable. Every method throws Fault `live.unavailable` while the store is away, `history.tampered`. */
export interface HistoryReader extends PastState {
  readonly size: Position;
  find(query: HistoryQuery): Promise<readonly Found[]>;
  /** Records [from, to) in order, forgotten ones included. */
  range(from: Position, to: Position): AsyncIterable<Found>;
  /** What devices of a subject told in [from, to), things named by their roles, in the order received. */
  messages(subject: SubjectId, from: Millis, to: Millis): AsyncIterable<DeviceMessage>;
  /** @throws Fault `history.no-record` */
  proveInclusion(position: Position, size?: number): Promise<InclusionProof>;
  proveConsistency(first: number, size?: number): Promise<readonly Uint8Array[]>;
  latestCheckpoint(): Promise<SignedCheckpoint | undefined>;
  checkpoints(): Promise<readonly SignedCheckpoint[]>;
}
