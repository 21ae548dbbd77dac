import type { FastifyPluginAsync } from 'fastify';
import { type Clock, MINUTE, type Millis } from '#base/time';
import { type CertificateAuthority, CRL_PATH } from './certificate-authority.ts';
import type { RevokedCertificate } from './revocation-list.ts';

export interface RevocationDeps {
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
  /** Revoked certificates that have not expired yet. */
  readonly revoked: () => readonly RevokedCertificate[];
}

/** Anybody may ask for the list, so it is signed once in this time at most. */
const FRESH: Millis = MINUTE;

/** The revocation list, for whoever checks device certificates without the platform's registry, such as an external broker. */
export const revocationRoute =
  ({ authority, clock, revoked }: RevocationDeps): FastifyPluginAsync =>
  async (app) => {
    let made: { readonly at: Millis; readonly list: Promise<Uint8Array> } | undefined;
    app.get(CRL_PATH, async (_request, reply) => {
      const now = clock.now();
      if (made === undefined || now - made.at >= FRESH || now < made.at) {
        made = { at: now, list: authority.crl(revoked()) };
        // a list that could not be made is not kept
        made.list.catch(() => {
          made = undefined;
        });
      }
      const list = await made.list;
      return reply.type('application/pkix-crl').header('cache-control', 'max-age=60').send(Buffer.from(list));
    });
  };
