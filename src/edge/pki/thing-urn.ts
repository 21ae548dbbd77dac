import { isThingId, type ThingId } from '#model/thing/thing-id';

const PREFIX = 'urn:wardtwin:thing:';

/** How a certificate names a thing in its subject alternative name. */
export const thingUrn = (thing: ThingId): string => `${PREFIX}${thing}`;

/** The thing of such a name, or undefined for every other text. */
export function thingOfUrn(urn: string): ThingId | undefined {
  const thing = urn.startsWith(PREFIX) ? urn.slice(PREFIX.length) : undefined;
  return isThingId(thing) ? thing : undefined;
}
