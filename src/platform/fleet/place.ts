import { assert } from '#base/assert';
import type { DeviceMessage } from '#mirror/channel/device-message';
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

function roleOf({ things }: Registry, thing: ThingId): ThingId {
  const entry = things.get(thing);
  assert(entry !== undefined, `the channel accepts registered things only, not \`${thing}\``);
  return entry.role;
}
