import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { Clock, Millis } from '#base/time';
import { type CertificateAuthority, SERVER_LIFETIME } from './certificate-authority.ts';
import type { ServerNames } from './server-names.ts';
import { type ClientCertificates, listenerOptions, secureContextOf } from './tls-options.ts';

export interface ServerIdentityDeps extends ServerNames {
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
  /** How long a server certificate holds; it is renewed when a third is left. Default `SERVER_LIFETIME`. */
  readonly lifetime?: Millis;
}

/** Anything that listens with TLS: `tls.Server`, `https.Server`. */
export interface TlsListener {
  setSecureContext(options: SecureContextOptions): void;
}

/** The certificate that all listeners of the platform show, kept fresh while they run. */
export interface ServerIdentity {
  readonly notAfter: Millis;
  /** For `tls.createServer`, `https.createServer` and fastify's `https`. */
  options(clients: ClientCertificates): TlsOptions;
  /** From now on, a renewal reaches this listener without closing a connection. Returns how to stop. */
  follow(listener: TlsListener): () => void;
  /** To be called every hour or so: renews the issuing authority and the certificate where due; tells whether it did. */
  renewIfDue(): Promise<boolean>;
}

/** @throws Fault `pki.server-names`, `pki.lifetime` */
export async function createServerIdentity(deps: ServerIdentityDeps): Promise<ServerIdentity> {
  const { authority, clock, names, addresses, lifetime = SERVER_LIFETIME } = deps;
  const issue = () => authority.issueServer({ names, addresses, lifetime });
  let current = await issue();
  const listeners = new Set<TlsListener>();

  const renewIfDue = async (): Promise<boolean> => {
    const isNewAuthority = await authority.renewIfDue();
    const isFresh = current.notAfter - clock.now() > lifetime / 3;
    if (isFresh && !isNewAuthority) return false;
    current = await issue();
    // new connections see the new certificate, and the new authorities; those that are open keep what they have
    for (const listener of listeners) listener.setSecureContext(secureContextOf(current, authority));
    return true;
  };

  return {
    get notAfter() {
      return current.notAfter;
    },
    options: (clients) => ({ ...secureContextOf(current, authority), ...listenerOptions(clients) }),
    follow: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    renewIfDue,
  };
}
