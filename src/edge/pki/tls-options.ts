import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { CertificateAuthority, ServerCertificate } from './certificate-authority.ts';

/** TLS 1.3 and nothing older, for every listener and every client. */
export const TLS_MINIMUM = 'TLSv1.3';

/** A peer that says nothing must not hold a half-open connection for longer. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Whether a client must show a certificate. `required`: the handshake fails without a valid one (MQTT). `requested`: it may do
 * without, and whoever needs to know asks `thingOfPeer` (HTTPS, where people come without one).
 */
export type ClientCertificates = 'required' | 'requested';

/** What a server shows and whom it trusts: the part that changes when certificates are renewed. */
export const secureContextOf = (
  { certificate, issuer, key }: ServerCertificate,
  authority: Pick<CertificateAuthority, 'authorities'>,
): SecureContextOptions => ({
  minVersion: TLS_MINIMUM,
  cert: `${certificate}${issuer}`,
  key,
  ca: [...authority.authorities()],
});

/** What a listener asks of its clients: the part that stays. */
export const listenerOptions = (clients: ClientCertificates): TlsOptions => ({
  requestCert: true,
  rejectUnauthorized: clients === 'required',
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
});
