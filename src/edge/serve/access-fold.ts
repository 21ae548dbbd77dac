import { ACCESS_KINDS } from '#assure/access/access-record';
import { type AccessState, applyAccessRecord, EMPTY_ACCESS } from '#assure/access/access-state';
import type { CborObject } from '#base/canonical';
import type { RecordKind } from '#mirror/history/record';
import type { AccessHistory } from '../access/access-history.ts';
import type { Live } from '../live/live.ts';
import type { Fold } from '../live/opened.ts';

/** Accounts, tokens and grants as history tells of them, made while it is opened. */
export interface AccessFold extends Fold {
  readonly state: AccessState;
}

export function createAccessFold(): AccessFold {
  let state = EMPTY_ACCESS;
  return {
    kinds: new Set<RecordKind>([...ACCESS_KINDS, 'SubjectForgotten']),
    get state() {
      return state;
    },
    reset: () => {
      state = EMPTY_ACCESS;
    },
    feed: (record) => {
      const forgotten = record.kind === 'SubjectForgotten' ? (record.body as CborObject)['subject'] : undefined;
      const subject = typeof forgotten === 'string' ? forgotten : record.subject;
      state = applyAccessRecord(state, { kind: record.kind, subject, body: record.body });
    },
  };
}

/** Records of access go the way of all records. */
export const createAccessHistory = (live: Live): AccessHistory => ({
  record: async (entries) => {
    await live.act((fleet) => {
      for (const { kind, subject, body } of entries) fleet.record(kind, subject, body);
    });
  },
});
