import 'reflect-metadata';
import { type Extension, X509CrlGenerator, type X509CrlReason, Extension as X509Extension } from '@peculiar/x509';
import { Fault } from '#base/fault';
import { DAY, type Millis } from '#base/time';
import { AUTHORITY_ALGORITHMS } from './authority-key.ts';
import { derInteger } from './pem.ts';
import type { SerialNumber } from './serial-number.ts';

/** Why a certificate is no longer trusted, by its code (RFC 5280, 5.3.1). */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;
export type RevocationReason = keyof typeof REVOCATION_REASONS;

export interface RevokedCertificate {
  readonly serial: SerialNumber;
  readonly at: Millis;
  readonly reason: RevocationReason;
}

/** How long a revocation list may be relied upon. The platform itself never waits for one: it asks its registry. */
export const REVOCATION_LIST_LIFETIME: Millis = 7 * DAY;

/** A device certificate lives days, and a list need not name what has expired: more than this is a mistake. */
export const REVOKED_LIMIT = 100_000;

const CRL_NUMBER = '2.5.29.20';

/** What signs a revocation list. */
export interface RevocationSigner {
  /** Name of the authority, as the certificates that it issued have it. */
  readonly issuer: string;
  readonly authorityKeyIdentifier: Extension;
  readonly key: CryptoKey;
}

/**
 * A revocation list (RFC 5280, 5), DER. Its number is the instant in milliseconds, which only grows as long as the clock does.
 * @throws Fault `pki.revoked-too-many`
 */
export async function makeRevocationList(
  revoked: readonly RevokedCertificate[],
  signer: RevocationSigner,
  now: Millis,
): Promise<Uint8Array> {
  if (revoked.length > REVOKED_LIMIT) {
    throw new Fault('pki.revoked-too-many', `revocation list: \`${revoked.length}\` entries; leave out the expired`);
  }
  const bySerial = new Map(revoked.map((entry) => [entry.serial, entry]));
  const list = await X509CrlGenerator.create({
    issuer: signer.issuer,
    thisUpdate: new Date(now),
    nextUpdate: new Date(now + REVOCATION_LIST_LIFETIME),
    extensions: [signer.authorityKeyIdentifier, new X509Extension(CRL_NUMBER, false, derInteger(now))],
    entries: [...bySerial.values()].map(({ serial, at, reason }) => ({
      serialNumber: serial,
      revocationDate: new Date(at),
      reason: REVOCATION_REASONS[reason] as X509CrlReason,
    })),
    signingAlgorithm: AUTHORITY_ALGORITHMS.issuing,
    signingKey: signer.key,
  });
  return new Uint8Array(list.rawData);
}
