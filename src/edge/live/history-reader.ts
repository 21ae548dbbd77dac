import type { Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { InclusionProof, SignedCheckpoint } from '#mirror/history/history';
import type { HistoryRecord, Position, RecordKind, SubjectId } from '#mirror/history/record';
import type { PastState } from './past-state.ts';

/** What is found at a position: a record, or that its subject was forgotten. A record that was altered is a Fault `history.tampered`. */
export type Found =
  | { readonly kind: 'read'; readonly position: Position; readonly record: HistoryRecord }
  | {
      readonly kind: 'forgotten';
      readonly position: Position;
      readonly recordKind: RecordKind;
      readonly subject: SubjectId;
      readonly at: Millis;
    };

export interface HistoryQuery {
  readonly subject?: SubjectId;
  readonly kinds?: readonly RecordKind[];
  /** [from, to) by the platform's clock. */
  readonly from?: Millis;
  readonly to?: Millis;
  /** Positions after this one; for pages. */
  readonly after?: Position;
  readonly before?: Position;
  readonly limit: number;
  readonly descending?: boolean;
}

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
