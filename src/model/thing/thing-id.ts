import { Fault } from '#base/fault';

/** Names one device: 1 to 64 of `a-z`, `0-9` and `-`. The same text on the wire, in the catalog and in history. */
export type ThingId = string;

const THING_ID = /^[a-z0-9-]{1,64}$/;

export const isThingId = (value: unknown): value is ThingId => typeof value === 'string' && THING_ID.test(value);

/** @throws Fault `thing-id.malformed` */
export function parseThingId(value: unknown): ThingId {
  if (isThingId(value)) return value;
  throw new Fault('thing-id.malformed', `thing id: \`${String(value)}\` is not 1 to 64 of a-z, 0-9 and "-"`, { value });
}
