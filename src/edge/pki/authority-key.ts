import { type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import type { SecretBox } from './secret-box.ts';

/** Keys of certificate authorities: the root's is used a few times in ten years, the issuing one's for every device. */
export const AUTHORITY_ALGORITHMS = {
  root: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  issuing: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const;

export type AuthorityRole = keyof typeof AUTHORITY_ALGORITHMS;

/** Far above any: a key and a few certificates. */
const STORED_LIMIT = 65_536;

/** What is kept of an authority, as one secret: key and certificate can never be of two generations. */
export interface StoredAuthority {
  /** PKCS #8. */
  readonly key: Uint8Array;
  /** DER of the certificate. */
  readonly certificate: Uint8Array;
  /** DER of former certificates of the same role, newest first; what they signed may still be valid. */
  readonly former: readonly Uint8Array[];
}

/** A key that can be kept once, by its bytes, and from then on only signs. */
export interface NewAuthorityKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** PKCS #8, to be kept wrapped. */
  readonly bytes: Uint8Array;
}

export async function makeAuthorityKey(role: AuthorityRole): Promise<NewAuthorityKey> {
  const pair = await crypto.subtle.generateKey(AUTHORITY_ALGORITHMS[role], true, ['sign', 'verify']);
  const bytes = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  return { privateKey: await importAuthorityKey(role, bytes), publicKey: pair.publicKey, bytes };
}

/** The private key of stored bytes; it signs and cannot be exported again. @throws Fault `pki.secret-malformed` */
export async function importAuthorityKey(role: AuthorityRole, bytes: Uint8Array): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('pkcs8', new Uint8Array(bytes), AUTHORITY_ALGORITHMS[role], false, ['sign']);
  } catch {
    throw malformed(role);
  }
}

const secretName = (role: AuthorityRole): string => `pki/${role}`;

/** @throws Fault `pki.secret-malformed`, and what the box throws */
export async function loadAuthority(box: SecretBox, role: AuthorityRole): Promise<StoredAuthority | undefined> {
  const bytes = await box.load(secretName(role));
  if (bytes === undefined) return undefined;
  const { key, certificate, former } = decodeCanonical(bytes, STORED_LIMIT) as Readonly<Record<string, CborValue>>;
  const isComplete = key instanceof Uint8Array && certificate instanceof Uint8Array && isListOfBytes(former);
  if (!isComplete) throw malformed(role);
  return { key, certificate, former };
}

export const keepAuthority = (box: SecretBox, role: AuthorityRole, stored: StoredAuthority): Promise<void> =>
  box.keep(
    secretName(role),
    encodeCanonical({ key: stored.key, certificate: stored.certificate, former: stored.former }),
  );

const isListOfBytes = (value: CborValue | undefined): value is readonly Uint8Array[] =>
  Array.isArray(value) && value.every((item) => item instanceof Uint8Array);

const malformed = (role: AuthorityRole): Fault =>
  new Fault('pki.secret-malformed', `pki: the kept secret of \`${secretName(role)}\` is not a key with certificates`);
