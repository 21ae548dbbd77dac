import { assert } from '#base/assert';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { Refusal } from '#mirror/channel/refusal';
import type { SubjectId } from '#mirror/history/record';
import type { ThingId } from '#model/thing/thing-id';
import type { Registry } from './registry.ts';

/**
 * A message with its things named by their roles, as rules and twin speak of them. A thing that changed its role speaks under
 * the one it has when the message is applied: that is what replaying history does too.
 */
export function placed(registry: Registry, message: DeviceMessage): DeviceMessage {
  const { sender, thing, content } = message;
  const role = roleOf(registry, thing);
  return { ...message, sender: roleOf(registry, sender), thing: role, content: { ...content, thing: role } };
}

/** A refusal with its sender named by its role, as far as it claims to be a thing of this subject. */
export function placedRefusal({ things }: Registry, subject: SubjectId, refusal: Refusal): Refusal {
  const entry = refusal.claimedSender === undefined ? undefined : things.get(refusal.claimedSender);
  return entry?.subject === subject ? { ...refusal, claimedSender: entry.role } : refusal;
}

function roleOf({ things }: Registry, thing: ThingId): ThingId {
  const entry = things.get(thing);
  assert(entry !== undefined, `the channel accepts registered things only, not \`${thing}\``);
  return entry.role;
}
