import type { CborObject } from '#base/canonical';
import type { Change, Live } from '#edge/live/live';
import type { SerialNumber } from '#edge/pki/serial-number';
import { isThingId, type ThingId } from '#model/thing/thing-id';

/**
 * Calls back for everything that ends a device's right to be connected, as soon as it is on record; whoever is forgotten has
 * their devices revoked. Returns how to stop.
 */
export function followRevocations(live: Live, onRevoked: (thing: ThingId, serial?: SerialNumber) => void): () => void {
  const look = ({ record }: Change): void => {
    const { thing, serial } = record.body as CborObject;
    switch (record.kind) {
      case 'EnrolmentRevoked':
      // enrolled anew by a token: whoever is connected is connected by an earlier certificate
      case 'ThingEnrolled':
        if (isThingId(thing)) onRevoked(thing);
        return;
      case 'CertificateRevoked':
        if (isThingId(thing)) onRevoked(thing, typeof serial === 'string' ? serial : undefined);
        return;
      default:
        return;
    }
  };
  return live.changes.subscribe((changes) => {
    for (const change of changes) look(change);
  });
}
