import { assert } from '#base/assert';
import type { Position } from './record.ts';
import type { RecordStore, SealedRecord } from './record-store.ts';

/** A store in memory. Beside the port it has what an insider with access to a real store can do underneath. */
export interface MemoryRecordStore extends RecordStore {
  /** Overwrites a record. @throws InvariantError when there is none */
  tamper(position: Position, sealed: SealedRecord): void;
  /** Drops every record from position `size` on. */
  truncate(size: number): void;
}

export function createMemoryRecordStore(): MemoryRecordStore {
  const records: SealedRecord[] = [];
  return {
    get size() {
      return records.length;
    },
    append: (sealed) => {
      records.push(sealed);
    },
    get: (position) => records[position],
    tamper: (position, sealed) => {
      assert(position >= 0 && position < records.length, `the store has a record ${position}`);
      records[position] = sealed;
    },
    truncate: (size) => {
      records.length = Math.min(size, records.length);
    },
  };
}
