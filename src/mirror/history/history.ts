import { assert } from '#base/assert';
import { equalBytes } from '#base/bytes';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { createMerkleLog, leafDigest } from '#crypto/merkle-log';
import {
  type Checkpoint,
  formatCheckpoint,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  parseCheckpoint,
  signNote,
} from '#crypto/signed-note';
import { type HistoryRecord, PLATFORM_SUBJECT, type Position, type RecordKind, type SubjectId } from './record.ts';
import type { RecordStore } from './record-store.ts';
import { openRecord, readHeader, sealRecord } from './sealed-record.ts';
import type { SubjectKeys } from './subject-keys.ts';

export interface HistoryDeps {
  /** Names the log in its checkpoints, for example `ward.example/history`. */
  readonly origin: string;
  readonly store: RecordStore;
  readonly keys: SubjectKeys;
  readonly signers: readonly NoteSigner[];
  /** How often this history was opened before, counted where a restored backup of the store does not reset it. Default 0. */
  readonly epoch?: number;
}

/** A checkpoint and the note that proves it. `at` is signed too, as an extension line. */
export interface SignedCheckpoint extends Checkpoint {
  readonly at: Millis;
  readonly note: string;
}

/** What is at a position. `altered`: the store holds other bytes than were recorded; `missing`: none. */
export type Reading =
  | { readonly kind: 'read'; readonly position: Position; readonly record: HistoryRecord }
  | {
      readonly kind: 'forgotten';
      readonly position: Position;
      readonly recordKind: RecordKind;
      readonly subject: SubjectId;
      readonly at: Millis;
    }
  | { readonly kind: 'tampered'; readonly position: Position; readonly reason: 'missing' | 'altered' };

/**
 * `added`: the store holds more than was recorded. `forked`: the signed checkpoint is not one of this history, which no
 * single position explains.
 */
export type AuditResult =
  | { readonly kind: 'intact'; readonly size: number; readonly root: Uint8Array }
  | { readonly kind: 'tampered'; readonly reason: 'missing' | 'altered' | 'added'; readonly firstBad: Position }
  | { readonly kind: 'tampered'; readonly reason: 'forked' };

/** Shows that `leaf` is at `position` of the history with `size` records (`verifyInclusion`). */
export interface InclusionProof {
  readonly position: Position;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** The append-only sealed record of what happened. Its Merkle tree is kept apart from the store and judges it. */
export interface History {
  readonly size: number;
  /**
   * Records first: the caller changes no state and sends nothing before this returned.
   * @throws Fault `history.closed` after a failure of the store, `history.subject-forgotten`, `cbor.unencodable`
   */
  append(record: HistoryRecord): Position;
  read(position: Position): Reading;
  /** Readings of [from, to). */
  range(from: Position, to: Position): Generator<Reading, void, undefined>;
  /** Hands every readable record to `apply`, in order. @throws Fault `history.tampered` */
  replay(apply: (record: HistoryRecord, position: Position) => void): void;
  /** Signs what the history is now. */
  checkpoint(now: Millis): SignedCheckpoint;
  /** Compares every record of the store with what was recorded and names the first that differs. */
  audit(): AuditResult;
  /** The same for [from, to), so that a long history can be audited a little at a time. */
  auditRange(from: Position, to: Position): AuditResult;
  /**
   * Whether this history begins with the one of a signed checkpoint, then `audit`.
   * @throws Fault `note.*` when the note is not signed by one of `verifiers`
   */
  auditAgainst(note: string, verifiers: readonly NoteVerifier[]): AuditResult;
  proveInclusion(position: Position, size?: number): InclusionProof;
  proveConsistency(first: number, size?: number): readonly Uint8Array[];
  /** Records that the subject is forgotten, then destroys its data key. @throws Fault `history.not-forgettable` */
  forget(subject: SubjectId, now: Millis): Position;
}

/** Opens a history over what `store` holds already. To know that it is what was signed, call `auditAgainst` at once. */
export function createHistory({ origin, store, keys, signers, epoch = 0 }: HistoryDeps): History {
  assert(Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 32, 'an epoch is a 32-bit count');
  const log = createMerkleLog();
  let closed = false;
  for (let position = 0; position < store.size; position += 1) {
    const sealed = store.get(position);
    if (sealed === undefined) throw new Fault('history.tampered', `history: no record \`${position}\``, { position });
    log.append(leafDigest(sealed));
  }

  const append = (record: HistoryRecord): Position => {
    if (closed) throw new Fault('history.closed', 'history: the store failed; reopen it with the next epoch');
    const position = log.size;
    const sealed = sealRecord(record, position, epoch, keys.keyFor(record.subject));
    // The store may have kept the bytes and failed all the same. This position must not be sealed again under this epoch.
    closed = true;
    store.append(sealed);
    closed = false;
    return log.append(leafDigest(sealed));
  };

  const defectAt = (position: Position): 'missing' | 'altered' | undefined => {
    const sealed = store.get(position);
    if (sealed === undefined) return 'missing';
    return log.isLeaf(position, leafDigest(sealed)) ? undefined : 'altered';
  };

  const read = (position: Position): Reading => {
    assert(position >= 0 && position < log.size, `history has no record ${position}`);
    const sealed = store.get(position);
    if (sealed === undefined) return { kind: 'tampered', position, reason: 'missing' };
    if (!log.isLeaf(position, leafDigest(sealed))) return { kind: 'tampered', position, reason: 'altered' };
    const { subject, kind: recordKind, at } = readHeader(sealed);
    const key = keys.find(subject);
    if (key === undefined) return { kind: 'forgotten', position, recordKind, subject, at };
    const record = openRecord(sealed, key);
    if (record === undefined) return { kind: 'tampered', position, reason: 'altered' };
    return { kind: 'read', position, record };
  };

  function* range(from: Position, to: Position): Generator<Reading, void, undefined> {
    for (let position = from; position < Math.min(to, log.size); position += 1) yield read(position);
  }

  const replay = (apply: (record: HistoryRecord, position: Position) => void): void => {
    for (const reading of range(0, log.size)) {
      if (reading.kind === 'tampered') {
        const { position, reason } = reading;
        throw new Fault('history.tampered', `history: record \`${position}\` is ${reason}`, { position, reason });
      }
      if (reading.kind === 'read') apply(reading.record, reading.position);
    }
  };

  const checkpoint = (now: Millis): SignedCheckpoint => {
    const state = { origin, size: log.size, root: log.root() };
    return { ...state, at: now, note: signNote(formatCheckpoint(state, [`at ${now}`]), signers) };
  };

  const auditRange = (from: Position, to: Position): AuditResult => {
    for (let position = from; position < Math.min(to, log.size); position += 1) {
      const reason = defectAt(position);
      if (reason !== undefined) return { kind: 'tampered', reason, firstBad: position };
    }
    if (store.size < log.size) return { kind: 'tampered', reason: 'missing', firstBad: store.size };
    if (store.size > log.size) return { kind: 'tampered', reason: 'added', firstBad: log.size };
    return { kind: 'intact', size: log.size, root: log.root() };
  };

  const audit = (): AuditResult => auditRange(0, log.size);

  const auditAgainst = (note: string, verifiers: readonly NoteVerifier[]): AuditResult => {
    const { checkpoint: signed } = parseCheckpoint(openNote(note, verifiers).text);
    const isOurs =
      signed.origin === origin && signed.size <= log.size && equalBytes(log.root(signed.size), signed.root);
    return isOurs ? audit() : { kind: 'tampered', reason: 'forked' };
  };

  const forget = (subject: SubjectId, now: Millis): Position => {
    if (subject === PLATFORM_SUBJECT) {
      throw new Fault('history.not-forgettable', `history: \`${subject}\` is no person`, { subject });
    }
    const position = append({ kind: 'SubjectForgotten', subject: PLATFORM_SUBJECT, at: now, body: { subject } });
    keys.destroy(subject);
    return position;
  };

  return {
    get size() {
      return log.size;
    },
    append,
    read,
    range,
    replay,
    checkpoint,
    audit,
    auditRange,
    auditAgainst,
    proveInclusion: (position, size = log.size) => ({
      position,
      size,
      leaf: log.leaf(position),
      path: log.proveInclusion(position, size),
    }),
    proveConsistency: (first, size = log.size) => log.proveConsistency(first, size),
    forget,
  };
}
