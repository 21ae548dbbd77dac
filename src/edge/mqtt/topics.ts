import { isThingId, type ThingId } from '#model/thing/thing-id';

const PREFIX = 'wardtwin/v1/';
const UP = '/up';

/** Where a thing publishes what it sealed. */
export const upTopic = (thing: ThingId): string => `${PREFIX}${thing}${UP}`;

/** Where a thing receives what was sealed for it. */
export const downTopic = (thing: ThingId): string => `${PREFIX}${thing}/down`;

/** Every thing's `up`. */
export const ALL_UP = `${PREFIX}+${UP}`;

/** Longest topic in bytes: a thing's name has at most 64. */
export const TOPIC_LIMIT = upTopic('x'.repeat(64)).length + 2;

/** The thing that a message on this topic claims to be from, or undefined for every other topic. */
export function thingOfUpTopic(topic: string): ThingId | undefined {
  if (!topic.startsWith(PREFIX) || !topic.endsWith(UP)) return undefined;
  const thing = topic.slice(PREFIX.length, -UP.length);
  return isThingId(thing) ? thing : undefined;
}
