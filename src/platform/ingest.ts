import { noteMessage } from '#assure/guard/command-ledger';
import type { Observation } from '#assure/monitor/rule';
import type { Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { applyMessage } from '#mirror/twin/twin';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { recordAccepted, recordRefusal } from './records.ts';
import { judgeAndRespond } from './respond.ts';

/**
 * The way of a message: receive, record, apply, monitor, declare, respond. A refused one is recorded and monitored too.
 * What it tells of several things is recorded once and then applied and judged thing by thing.
 */
export function ingest(core: PlatformCore, bytes: Uint8Array): readonly Effect[] {
  const now = nowOf(core);
  const received = core.deps.channel.receive(bytes, now);
  if (received.kind === 'refused') {
    recordRefusal(core, received.refusal);
    return judgeAndRespond(core, { kind: 'refusal', now, refusal: received.refusal, twin: core.state.twin });
  }
  recordAccepted(core, received);
  return received.messages.flatMap((message) => applyAndJudge(core, message, now));
}

function applyAndJudge(core: PlatformCore, message: DeviceMessage, now: Millis): readonly Effect[] {
  const previous = core.state.twin;
  const { twin, innovation } = applyMessage(previous, message);
  core.state.twin = twin;
  core.state.ledger = noteMessage(core.state.ledger, message);
  const observation: Observation = { kind: 'message', now, message, twin, previous };
  return judgeAndRespond(core, innovation === undefined ? observation : { ...observation, innovation });
}
