import { noteMessage } from '#assure/guard/command-ledger';
import type { Observation } from '#assure/monitor/rule';
import type { Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { Accepted, Received } from '#mirror/channel/receive';
import type { Refusal } from '#mirror/channel/refusal';
import { applyMessage } from '#mirror/twin/twin';
import { noteAcknowledged } from './acknowledge.ts';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { bounded, recordAccepted, recordRefusal } from './records.ts';
import { judgeAndRespond } from './respond.ts';
import { checkStatements } from './statement.ts';

/**
 * The way of a message that the channel received: record, apply, monitor, declare, respond. A refused one is recorded and
 * monitored too. What it tells of several things is recorded once and then applied and judged thing by thing.
 */
export function take(core: PlatformCore, received: Received): readonly Effect[] {
  const checked = received.kind === 'refused' ? received : checkStatements(core, received, received.messages);
  return checked.kind === 'refused' ? takeRefusal(core, checked.refusal) : takeAccepted(core, checked);
}

/** `placed` is the refusal with its sender named by its role in this ward. */
export function takeRefusal(core: PlatformCore, received: Refusal, placed: Refusal = received): readonly Effect[] {
  const now = nowOf(core);
  recordRefusal(core, bounded(received));
  const refusal = bounded(placed);
  return judgeAndRespond(core, { kind: 'refusal', now, refusal, twin: core.state.twin });
}

/** `messages` are what `accepted` tells, with things named by their roles in this ward. */
export function takeAccepted(
  core: PlatformCore,
  accepted: Accepted,
  messages: readonly DeviceMessage[] = accepted.messages,
): readonly Effect[] {
  const now = nowOf(core);
  recordAccepted(core, accepted);
  return messages.flatMap((message) => applyAndJudge(core, message, now));
}

function applyAndJudge(core: PlatformCore, message: DeviceMessage, now: Millis): readonly Effect[] {
  const previous = core.state.twin;
  const { twin, innovation } = applyMessage(previous, message);
  core.state.twin = twin;
  core.state.ledger = noteMessage(core.state.ledger, message, twin);
  const answered = message.content.kind === 'Acknowledgement' ? noteAcknowledged(core, message.content) : undefined;
  const observation: Observation = {
    kind: 'message',
    now,
    message,
    twin,
    previous,
    ...(innovation === undefined ? {} : { innovation }),
    ...(answered === undefined ? {} : { answered }),
  };
  return judgeAndRespond(core, observation);
}
