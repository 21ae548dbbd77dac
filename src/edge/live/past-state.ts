import type { CborObject } from '#base/canonical';
import type { Millis } from '#base/time';
import { type HistoryRecord, PLATFORM_SUBJECT, type RecordKind, type SubjectId } from '#mirror/history/record';
import { beginAnew } from '#mirror/twin/begin-anew';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { applyDispatched, applyMessage, commissionTwin, createTwin, type Twin } from '#mirror/twin/twin';
import type { Command } from '#model/thing/message';
import { COMMAND_KINDS, noteCommandRecord } from '#platform/command-history';
import type { CommandLife } from '#platform/command-life';
import { placed } from '#platform/fleet/place';
import { createRegistry, REGISTRY_KINDS, type Registry } from '#platform/fleet/registry';
import { messagesOf } from '#platform/records';
import type { Found, HistoryQuery } from './history-reader.ts';

/** What commands were stopped. */
export interface Stops {
  readonly thrown: boolean;
  readonly wards: ReadonlySet<string>;
}

/** The state of an instant, rebuilt from history. */
export interface PastState {
  /** The twin as it was. Undefined for a subject that was not yet admitted then. */
  twinAt(subject: SubjectId, at: Millis): Promise<Twin | undefined>;
  /** What had become of a subject's commands by then, oldest first; no more of them than are remembered live. */
  commandsAt(subject: SubjectId, at: Millis): Promise<readonly CommandLife[]>;
  /** Subjects and devices as they were known. */
  registryAt(at: Millis): Promise<Registry>;
  stopsAt(at: Millis): Promise<Stops>;
}

export interface PastStateDeps {
  /** All records of a query, in the order of history. */
  readonly all: (query: Omit<HistoryQuery, 'limit' | 'after'>) => AsyncIterable<Found>;
  /** As it is now: what roles things have, and who was admitted when. */
  readonly registry: () => Registry;
}

/** The records that a twin is made of. */
const TWIN_KINDS: readonly RecordKind[] = [
  'MessageReceived',
  'CommandAcknowledged',
  'CommandDispatched',
  'TwinCommissioned',
  'ThingReplaced',
];

export function createPastState({ all, registry }: PastStateDeps): PastState {
  /** INVARIANT: whoever was forgotten is left out: nobody can read what was recorded. */
  async function* read(subject: SubjectId, kinds: readonly RecordKind[], at: Millis): AsyncIterable<HistoryRecord> {
    for await (const found of all({ subject, kinds, to: at + 1 })) if (found.kind === 'read') yield found.record;
  }

  return {
    twinAt: async (subject, at) => {
      const entry = registry().subjects.get(subject);
      if (entry === undefined || entry.admittedAt > at) return undefined;
      let twin = createTwin(subject);
      for await (const record of read(subject, TWIN_KINDS, at)) twin = applyRecord(twin, record, registry());
      return twin;
    },
    commandsAt: async (subject, at) => {
      let lives: readonly CommandLife[] = [];
      for await (const record of read(subject, COMMAND_KINDS, at)) {
        lives = noteCommandRecord(lives, record, (message) => placed(registry(), message));
      }
      return lives;
    },
    registryAt: async (at) => {
      const then = createRegistry();
      for await (const record of read(PLATFORM_SUBJECT, [...REGISTRY_KINDS, 'SubjectForgotten'], at)) {
        if (record.kind === 'SubjectForgotten') then.forget(String((record.body as CborObject)['subject']), record.at);
        else then.apply(record);
      }
      return then;
    },
    stopsAt: async (at) => {
      let thrown = false;
      const wards = new Set<string>();
      for await (const { kind, body } of read(PLATFORM_SUBJECT, ['KillSwitchThrown', 'KillSwitchReleased'], at)) {
        const { ward } = body as CborObject;
        const isThrown = kind === 'KillSwitchThrown';
        if (typeof ward !== 'string') thrown = isThrown;
        else if (isThrown) wards.add(ward);
        else wards.delete(ward);
      }
      return { thrown, wards };
    },
  };
}

function applyRecord(twin: Twin, record: HistoryRecord, registry: Registry): Twin {
  if (record.kind === 'CommandDispatched') {
    const command = record.body as unknown as Command;
    return applyDispatched(twin, { ...command, thing: registry.things.get(command.thing)?.role ?? command.thing });
  }
  if (record.kind === 'TwinCommissioned') {
    return commissionTwin(twin, (record.body as unknown as { readonly model: CommissionedModel }).model);
  }
  if (record.kind === 'ThingReplaced') return beginAnew(twin, String((record.body as CborObject)['thing']));
  return messagesOf(record).reduce((before, message) => applyMessage(before, placed(registry, message)).twin, twin);
}
