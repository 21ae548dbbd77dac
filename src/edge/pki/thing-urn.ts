import type { ThingId } from '#model/thing/thing-id';

/** How a certificate names a thing in its subject alternative name. */
export const thingUrn = (thing: ThingId): string => `urn:wardtwin:thing:${thing}`;
