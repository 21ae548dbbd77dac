import 'reflect-metadata';
import { ExtendedKeyUsage, SubjectAlternativeNameExtension, type X509Certificate } from '@peculiar/x509';
import { toHex } from '#base/bytes';
import { Fault } from '#base/fault';
import { type Clock, DAY, HOUR, type Millis } from '#base/time';
import { sha256 } from '#crypto/digest';
import { parseThingId, type ThingId } from '#model/thing/thing-id';
import {
  authorityKeyIdentifierOf,
  ISSUING_LIFETIME,
  type Issuer,
  makeIssuing,
  makeRoot,
  readCertificate,
  signEndCertificate,
} from './authority-certificate.ts';
import {
  type AuthorityRole,
  importAuthorityKey,
  keepAuthority,
  loadAuthority,
  type StoredAuthority,
} from './authority-key.ts';
import type { CertificateRequest } from './certificate-request.ts';
import { type Pem, toPem } from './pem.ts';
import { makeRevocationList, type RevokedCertificate } from './revocation-list.ts';
import type { SecretBox } from './secret-box.ts';
import type { SerialNumber } from './serial-number.ts';
import { requireServerNames, type ServerNames } from './server-names.ts';
import { thingUrn } from './thing-urn.ts';

export const DEVICE_LIFETIME: Millis = 7 * DAY;
export const SERVER_LIFETIME: Millis = 30 * DAY;
const MIN_LIFETIME: Millis = HOUR;
const MAX_LIFETIME: Millis = 90 * DAY;

/** An issuing authority is renewed when less than this is left of it, long before anything it signed could outlive it. */
const RENEWAL_MARGIN: Millis = ISSUING_LIFETIME / 2;

/** Where revocation lists are served, below the origin of the platform. */
export const CRL_PATH = '/.well-known/wardtwin/ca.crl';

export interface AuthorityDeps {
  readonly secrets: SecretBox;
  readonly clock: Clock;
  /** How long a device may use a certificate, from an hour to 90 days. Default `DEVICE_LIFETIME`. */
  readonly deviceLifetime?: Millis;
  /** Where people outside reach the platform, for example `https://ward.example`; certificates then say where the CRL is. */
  readonly publicOrigin?: string;
}

export interface IssuedCertificate {
  readonly serial: SerialNumber;
  readonly notAfter: Millis;
  readonly certificate: Pem;
  /** The issuing authority's certificate. With `certificate` before it, this is the chain that its owner presents. */
  readonly issuer: Pem;
}

/** A certificate for a server, with its private key (PKCS #8). The key is nowhere else: a restart asks for a new one. */
export interface ServerCertificate extends IssuedCertificate {
  readonly key: Pem;
}

/** What a device is given a certificate for. */
export interface DeviceCertificateRequest {
  readonly thing: ThingId;
  readonly csr: CertificateRequest;
  readonly lifetime?: Millis;
}

export interface CertificateAuthority {
  /** What devices and people pin. */
  readonly root: Pem;
  /** SHA-256 of the root certificate, as `openssl x509 -fingerprint -sha256` prints it. */
  readonly rootFingerprint: string;
  readonly rootNotAfter: Millis;
  /** The root and every issuing authority whose certificates may still be valid: whose certificates a listener trusts. */
  authorities(): readonly Pem[];
  issueServer(request: ServerNames & { readonly lifetime?: Millis }): Promise<ServerCertificate>;
  /** The names in the request count for nothing: hold it to the thing by `requireNamesOf` first. */
  issueDevice(request: DeviceCertificateRequest): Promise<IssuedCertificate>;
  /** A revocation list (RFC 5280), DER. Certificates that expired may be left out. */
  crl(revoked: readonly RevokedCertificate[]): Promise<Uint8Array>;
  /** Makes a new issuing authority when half of the life of the present one is over; tells whether it did. */
  renewIfDue(): Promise<boolean>;
}

/**
 * Opens the certificate authority of the platform; the first time it is made, and its keys are kept before anything is signed.
 * @throws Fault `pki.lifetime`, `pki.secret-malformed`, `pki.root-expired`, and what `secrets` throws
 */
export async function openCertificateAuthority(deps: AuthorityDeps): Promise<CertificateAuthority> {
  const { secrets, clock, deviceLifetime = DEVICE_LIFETIME, publicOrigin } = deps;
  requireLifetime(deviceLifetime);
  const crlUrl = publicOrigin === undefined ? undefined : new URL(CRL_PATH, publicOrigin).href;
  const storedRoot = await loadOrMake(secrets, 'root', () => makeRoot(clock.now()));
  const root = await openIssuer('root', storedRoot);
  requireUnexpired(root.certificate, clock.now());
  let stored = await loadOrMake(secrets, 'issuing', () => makeIssuing(root, [], clock.now()));
  let issuing = await openIssuer('issuing', stored);

  const renewIfDue = async (): Promise<boolean> => {
    const now = clock.now();
    const left = issuing.certificate.notAfter.getTime() - now;
    // nothing is won by another one that ends with the root as well
    const isLast = issuing.certificate.notAfter.getTime() >= root.certificate.notAfter.getTime();
    if (left > RENEWAL_MARGIN || isLast) return false;
    const former = [stored.certificate, ...stored.former].filter((der) => expiryOf(readCertificate(der)) > now);
    const renewed = await makeIssuing(root, former, now);
    await keepAuthority(secrets, 'issuing', renewed);
    issuing = await openIssuer('issuing', renewed);
    stored = renewed;
    return true;
  };
  await renewIfDue();

  const sign = async (end: Omit<Parameters<typeof signEndCertificate>[0], 'crlUrl' | 'notAfter'>, lifetime: Millis) => {
    requireLifetime(lifetime);
    const now = clock.now();
    requireUnexpired(issuing.certificate, now);
    const certificate = await signEndCertificate({ ...end, crlUrl, notAfter: now + lifetime }, issuing, now);
    return {
      serial: certificate.serialNumber.toLowerCase(),
      notAfter: expiryOf(certificate),
      certificate: pemOf(certificate),
      issuer: pemOf(issuing.certificate),
    };
  };

  return {
    root: pemOf(root.certificate),
    rootFingerprint: fingerprintOf(root.certificate),
    rootNotAfter: expiryOf(root.certificate),
    authorities: () => [root.certificate, issuing.certificate, ...stored.former.map(readCertificate)].map(pemOf),
    issueServer: async ({ lifetime = SERVER_LIFETIME, ...names }) => {
      const { publicKey, key } = await makeServerKey();
      return { ...(await sign({ ...serverEnd(names), publicKey }, lifetime)), key };
    },
    issueDevice: async ({ thing, csr, lifetime = deviceLifetime }) =>
      sign(deviceEnd(parseThingId(thing), csr), lifetime),
    crl: async (revoked) => {
      const authorityKeyIdentifier = await authorityKeyIdentifierOf(issuing.certificate);
      const signer = { issuer: issuing.certificate.subject, authorityKeyIdentifier, key: issuing.key };
      return makeRevocationList(revoked, signer, clock.now());
    },
    renewIfDue,
  };
}

async function loadOrMake(
  secrets: SecretBox,
  role: AuthorityRole,
  make: () => Promise<StoredAuthority>,
): Promise<StoredAuthority> {
  const known = await loadAuthority(secrets, role);
  if (known !== undefined) return known;
  const made = await make();
  // INVARIANT: an authority signs nothing before its key is durable
  await keepAuthority(secrets, role, made);
  return made;
}

async function openIssuer(role: AuthorityRole, { key, certificate }: StoredAuthority): Promise<Issuer> {
  return { certificate: readCertificate(certificate), key: await importAuthorityKey(role, key) };
}

function serverEnd(server: ServerNames) {
  requireServerNames(server);
  const { names, addresses } = server;
  return {
    commonName: (names[0] ?? addresses[0] ?? '').slice(0, COMMON_NAME_LIMIT),
    usage: ExtendedKeyUsage.serverAuth,
    alternativeName: new SubjectAlternativeNameExtension([
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...addresses.map((value) => ({ type: 'ip' as const, value })),
    ]),
  };
}

/** Upper bound of a common name (RFC 5280, appendix A.1). Nobody reads it of a server; the alternative names count. */
const COMMON_NAME_LIMIT = 64;

const deviceEnd = (thing: ThingId, csr: CertificateRequest) => ({
  commonName: thing,
  usage: ExtendedKeyUsage.clientAuth,
  alternativeName: new SubjectAlternativeNameExtension([{ type: 'url', value: thingUrn(thing) }]),
  publicKey: csr.publicKey,
});

async function makeServerKey(): Promise<{ readonly publicKey: Uint8Array; readonly key: Pem }> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const bytes = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  return { publicKey, key: toPem('PRIVATE KEY', bytes) };
}

const pemOf = (certificate: X509Certificate): Pem => toPem('CERTIFICATE', new Uint8Array(certificate.rawData));

const expiryOf = (certificate: X509Certificate): Millis => certificate.notAfter.getTime();

const fingerprintOf = (certificate: X509Certificate): string =>
  toHex(sha256(new Uint8Array(certificate.rawData)))
    .toUpperCase()
    .replaceAll(/(..)(?!$)/g, '$1:');

function requireLifetime(lifetime: Millis): void {
  if (lifetime >= MIN_LIFETIME && lifetime <= MAX_LIFETIME) return;
  throw new Fault('pki.lifetime', `certificate: a lifetime of \`${lifetime}\` ms is not from an hour to 90 days`);
}

function requireUnexpired(certificate: X509Certificate, now: Millis): void {
  const notAfter = expiryOf(certificate);
  if (now < notAfter) return;
  const at = new Date(notAfter).toISOString();
  throw new Fault(
    'pki.root-expired',
    `certificate authority: \`${certificate.subject}\` expired at ${at}; check the clock, or set up a new authority and enrol all devices again`,
  );
}
