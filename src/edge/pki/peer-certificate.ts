import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Millis } from '#base/time';
import { isThingId, type ThingId } from '#model/thing/thing-id';
import type { SerialNumber } from './serial-number.ts';
import { thingUrn } from './thing-urn.ts';

/** Which thing is at the other end, by its certificate. Whether that was revoked is for the registry to say. */
export interface Peer {
  readonly thing: ThingId;
  readonly serial: SerialNumber;
  /** When the certificate ends: a connection must not outlive it. */
  readonly notAfter: Millis;
}

type PeerCertificate = NonNullable<ReturnType<TLSSocket['getPeerX509Certificate']>>;

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/** What a socket's certificate says does not change while it is open: TLS 1.3 has no renegotiation. */
const known = new WeakMap<TLSSocket, Peer | undefined>();

/**
 * The thing at the other end of a connection to our listener, or undefined: no TLS, no certificate, one that does not chain up to
 * our authority (`authorized`), one that is no device's, or expired.
 *
 * The time is looked at on every call. A resumed session carries the judgement of the handshake that it goes back to, and a
 * connection may last longer than its certificate.
 */
export function thingOfPeer(socket: Socket, now: Millis): Peer | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  if (!known.has(socket)) known.set(socket, peerOf(socket.getPeerX509Certificate()));
  const peer = known.get(socket);
  return peer !== undefined && now < peer.notAfter ? peer : undefined;
}

/** INVARIANT: exactly what `signEndCertificate` writes for a device is accepted: two names that agree, one usage, no authority. */
function peerOf(certificate: PeerCertificate | undefined): Peer | undefined {
  if (certificate === undefined || certificate.ca) return undefined;
  // for another subject than one plain common name the text has another form: escapes, several lines
  const thing = certificate.subject?.startsWith('CN=') ? certificate.subject.slice('CN='.length) : undefined;
  if (!isThingId(thing) || certificate.subjectAltName !== `URI:${thingUrn(thing)}`) return undefined;
  if (certificate.keyUsage?.length !== 1 || certificate.keyUsage[0] !== CLIENT_AUTHENTICATION) return undefined;
  return { thing, serial: certificate.serialNumber.toLowerCase(), notAfter: certificate.validToDate.getTime() };
}
