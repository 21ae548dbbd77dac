import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { toHex } from '#base/bytes';
import { DAY, MINUTE, type Millis } from '#base/time';
import { randomSecret } from '#crypto/secret';
import { AUTHORITY_ALGORITHMS, makeAuthorityKey, type StoredAuthority } from './authority-key.ts';
import { makeSerialNumber } from './serial-number.ts';

export const ROOT_LIFETIME: Millis = 3650 * DAY;
export const ISSUING_LIFETIME: Millis = 730 * DAY;

/** Certificates begin this long before they are made, for peers whose clock is slow. */
export const BACKDATING: Millis = 5 * MINUTE;

const CERTIFICATE_SIGNING = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
const NAME_SUFFIX_BYTES = 4;

/**
 * A root authority: it signs itself and one kind of authority below it (path length 1). Its name ends in random digits, so
 * that the roots of two installations are never taken for each other.
 */
export async function makeRoot(now: Millis): Promise<StoredAuthority> {
  const { privateKey, publicKey, bytes } = await makeAuthorityKey('root');
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: makeSerialNumber(),
    name: `O=Wardtwin, CN=Wardtwin root ${toHex(randomSecret(NAME_SUFFIX_BYTES))}`,
    notBefore: new Date(now - BACKDATING),
    notAfter: new Date(now + ROOT_LIFETIME),
    signingAlgorithm: AUTHORITY_ALGORITHMS.root,
    keys: { privateKey, publicKey },
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(CERTIFICATE_SIGNING, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return { key: bytes, certificate: new Uint8Array(certificate.rawData), former: [] };
}

/** What signs certificates: its own certificate, as it was read, and its key. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly key: CryptoKey;
}

/**
 * An issuing authority below `root`: for ends only (path length 0), and for nothing but TLS servers and clients. That extended
 * key usage is what constrains it: name constraints cannot, because a URI without a host such as a thing's is refused under
 * any constraint on URIs (RFC 5280, 4.2.1.10). All issuing authorities of a root have one name, so a revocation list of the
 * newest speaks for the certificates of those before it.
 */
export async function makeIssuing(root: Issuer, former: readonly Uint8Array[], now: Millis): Promise<StoredAuthority> {
  const { publicKey, bytes } = await makeAuthorityKey('issuing');
  const notAfter = Math.min(now + ISSUING_LIFETIME, root.certificate.notAfter.getTime());
  const certificate = await X509CertificateGenerator.create({
    serialNumber: makeSerialNumber(),
    subject: root.certificate.subject.replace('Wardtwin root', 'Wardtwin issuing'),
    issuer: root.certificate.subjectName,
    notBefore: new Date(now - BACKDATING),
    notAfter: new Date(notAfter),
    publicKey,
    signingAlgorithm: AUTHORITY_ALGORITHMS.root,
    signingKey: root.key,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(CERTIFICATE_SIGNING, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await authorityKeyIdentifierOf(root.certificate),
    ],
  });
  return { key: bytes, certificate: new Uint8Array(certificate.rawData), former };
}

export const authorityKeyIdentifierOf = (authority: X509Certificate): Promise<AuthorityKeyIdentifierExtension> =>
  AuthorityKeyIdentifierExtension.create(authority.publicKey);

export const readCertificate = (der: Uint8Array): X509Certificate => new X509Certificate(new Uint8Array(der));

/** A certificate for an end, as its caller decided. */
export interface EndCertificate {
  readonly commonName: string;
  readonly alternativeName: Extension;
  readonly usage: ExtendedKeyUsage;
  readonly publicKey: Uint8Array;
  readonly notAfter: Millis;
  readonly crlUrl?: string | undefined;
}

/** Signs a certificate for an end: a digital signature in TLS 1.3 is all that its key may make. */
export async function signEndCertificate(end: EndCertificate, issuer: Issuer, now: Millis): Promise<X509Certificate> {
  const notAfter = Math.min(end.notAfter, issuer.certificate.notAfter.getTime());
  return X509CertificateGenerator.create({
    serialNumber: makeSerialNumber(),
    subject: [{ CN: [end.commonName] }],
    issuer: issuer.certificate.subjectName,
    notBefore: new Date(now - BACKDATING),
    notAfter: new Date(notAfter),
    publicKey: new Uint8Array(end.publicKey),
    signingAlgorithm: AUTHORITY_ALGORITHMS.issuing,
    signingKey: issuer.key,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([end.usage]),
      end.alternativeName,
      await SubjectKeyIdentifierExtension.create(new Uint8Array(end.publicKey)),
      await authorityKeyIdentifierOf(issuer.certificate),
      ...(end.crlUrl === undefined ? [] : [new CRLDistributionPointsExtension([end.crlUrl])]),
    ],
  });
}
