import type { DeviceMessage } from '#mirror/channel/device-message';
import type { Received } from '#mirror/channel/receive';
import type { RefusalReason } from '#mirror/channel/refusal';
import { lifeOf } from './command-life.ts';
import { nowOf, type PlatformCore } from './core.ts';

/**
 * The last gate of a message before it is recorded: a device speaks of the commands that were given to it, and of no other. For
 * which things it may speak, the channel has decided by then. `messages` are what the message tells, things named by their roles.
 */
export function checkStatements(core: PlatformCore, received: Received, messages: readonly DeviceMessage[]): Received {
  if (received.kind === 'refused') return received;
  const { sender, sequence } = received;
  for (const { thing, content } of messages) {
    if (content.kind !== 'Acknowledgement') continue;
    const life = lifeOf(core.state.commands, content.commandId);
    const isOwn = life?.thing === thing && life.device === sender;
    if (isOwn) continue;
    const reason: RefusalReason = life === undefined ? 'unknown-command' : 'foreign-command';
    const detail = `an answer of \`${sender}\` to a command that it was not given`;
    const claim = { claimedSender: sender, sequence, authenticated: true };
    return { kind: 'refused', refusal: { kind: 'Refusal', reason, ...claim, detail, at: nowOf(core) } };
  }
  return received;
}
