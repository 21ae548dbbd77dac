import { noteMessage } from '#assure/guard/command-ledger';
import type { Observation } from '#assure/monitor/rule';
import { applyMessage } from '#mirror/twin/twin';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { recordMessage, recordRefusal } from './records.ts';
import { judgeAndRespond } from './respond.ts';

/** The way of a message: receive, record, apply, monitor, declare, respond. A refused one is recorded and monitored too. */
export function ingest(core: PlatformCore, bytes: Uint8Array): readonly Effect[] {
  const now = nowOf(core);
  const received = core.deps.channel.receive(bytes, now);
  if (received.kind === 'refused') {
    recordRefusal(core, received.refusal);
    return judgeAndRespond(core, { kind: 'refusal', now, refusal: received.refusal, twin: core.state.twin });
  }
  const { message } = received;
  recordMessage(core, message);
  const previous = core.state.twin;
  const { twin, innovation } = applyMessage(previous, message);
  core.state.twin = twin;
  core.state.ledger = noteMessage(core.state.ledger, message);
  const observation: Observation = { kind: 'message', now, message, twin, previous };
  return judgeAndRespond(core, innovation === undefined ? observation : { ...observation, innovation });
}
