import type { Clock } from '#base/time';
import type { SignedCheckpoint } from '#mirror/history/history';
import type { HistoryRecord, Position, SubjectId } from '#mirror/history/record';
import type { Fleet } from '#platform/fleet/fleet';
import type { FleetEffect } from '#platform/fleet/fleet-effect';
import type { ChangeFeed } from './change-feed.ts';
import type { HistoryReader } from './history-reader.ts';

export type LiveStatus = 'opening' | 'open' | 'unavailable' | 'closed';

/** Carries an effect out: bytes to a device, a notice to people. Never throws; what fails is its own to tell. */
export type Release = (effect: FleetEffect) => void;

/**
 * The running platform as connectors see it. INVARIANT: whoever changes it goes through `act`, which resolves, and releases
 * effects, only when the records of the change are durable.
 */
export interface Live {
  readonly clock: Clock;
  readonly status: LiveStatus;
  /** To be read from, at once, and never changed but within `act`. @throws Fault `live.unavailable` */
  readonly fleet: Fleet;
  /**
   * Carries out a change and waits until it is durable.
   * @throws Fault `live.unavailable` when it could not be made durable (then it never happened), `live.busy` when too much waits
   */
  act<T>(change: (fleet: Fleet) => T): Promise<T>;
  /** Secret material, wrapped under the root key, durable together with what `act` records before it is awaited. */
  readonly secrets: SecretShelf;
  readonly history: HistoryReader;
  readonly changes: ChangeFeed;
  /** Signs what history is now, and keeps it. What was signed already and has not grown since stays as it was signed. */
  checkpoint(): Promise<SignedCheckpoint>;
  /**
   * Keeps a witness's cosignature behind the checkpoint that it is of: one signature line, which the caller verified. It is
   * left out when the checkpoint is not kept any longer, or has one of the same key.
   */
  cosign(checkpoint: SignedCheckpoint, line: string): Promise<void>;
  /** Compares the next part of what the store holds with what was recorded; to be called every minute or so. */
  audit(): Promise<void>;
  /** Makes a subject unreadable for good: its data key is destroyed. */
  forget(subject: SubjectId): Promise<void>;
  /** Who carries effects out. */
  onEffect(release: Release): void;
  onStatus(listener: (status: LiveStatus) => void): void;
  /** Everything durable, state kept for a quick start, store closed. */
  close(): Promise<void>;
}

/** Named secrets. Names: `subject/<id>`, `thing/<id>/<fingerprint>`, `signing/...`, `pki/...`. */
export interface SecretShelf {
  find(name: string): Uint8Array | undefined;
  /** Readable at once; durable with the next commit, which the promise waits for. */
  keep(name: string, secret: Uint8Array): Promise<void>;
  destroy(name: string): Promise<void>;
}

/** A record and its place. */
export interface Change {
  readonly position: Position;
  readonly record: HistoryRecord;
}
