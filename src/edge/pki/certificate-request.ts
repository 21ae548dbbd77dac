import 'reflect-metadata';
import { type JsonName, Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { toHex } from '#base/bytes';
import { Fault } from '#base/fault';
import { sha256 } from '#crypto/digest';
import type { ThingId } from '#model/thing/thing-id';
import { isOneSequence } from './pem.ts';
import { thingUrn } from './thing-urn.ts';

/** Greatest certification request, in bytes of DER. One with a 4096-bit RSA key takes 1.3 kB. */
export const REQUEST_LIMIT = 8_192;

/** Keys that devices may have; whatever is not here is refused. RSA is bounded above because its price grows with the cube. */
const RSA_MIN_BITS = 2048;
const RSA_MAX_BITS = 4096;
const RSA_EXPONENT = '010001';
const CURVES = ['P-256', 'P-384'];
const HASHES = ['SHA-256', 'SHA-384', 'SHA-512'];

/**
 * A certification request (RFC 2986) whose sender has shown to hold the private key. Of all that it asks for, the key is
 * taken and the rest ignored: names, extensions and usages are the authority's decision.
 */
export interface CertificateRequest {
  readonly kind: 'CertificateRequest';
  /** SubjectPublicKeyInfo, DER, encoded anew from the key that was read. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of `publicKey`, hexadecimal. */
  readonly keyFingerprint: string;
  /** Common names of the subject: what the sender calls itself. */
  readonly commonNames: readonly string[];
  /** Whether the subject is a common name and nothing else. */
  readonly isPlainName: boolean;
  /** URIs and other names that were asked for, as `type:value`. */
  readonly alternativeNames: readonly string[];
}

/** @throws Fault `pki.request-malformed`, `pki.request-key` (not an allowed key), `pki.request-unproven` (bad signature) */
export async function readCertificateRequest(der: Uint8Array): Promise<CertificateRequest> {
  if (der.length > REQUEST_LIMIT) throw malformed(`\`${der.length}\` bytes are too many; at most ${REQUEST_LIMIT}`);
  // the library takes anything else for text and guesses its encoding
  if (!isOneSequence(der)) throw malformed('not the DER of a PKCS #10 request');
  const request = parse(der);
  requireAllowedSignature(request);
  const key = await importAllowedKey(request);
  if (!(await isProven(request))) {
    throw new Fault('pki.request-unproven', 'certificate request: its signature does not verify under its own key');
  }
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', key));
  const names: JsonName = request.subjectName.toJSON();
  return {
    kind: 'CertificateRequest',
    publicKey,
    keyFingerprint: toHex(sha256(publicKey)),
    commonNames: request.subjectName.getField('CN'),
    isPlainName: names.length === 1 && Object.keys(names[0] ?? {}).join() === 'CN',
    alternativeNames: alternativeNamesOf(request),
  };
}

function parse(der: Uint8Array): Pkcs10CertificateRequest {
  try {
    const request = new Pkcs10CertificateRequest(new Uint8Array(der));
    // the library parses these only when they are read
    void [request.subjectName, request.publicKey, request.signatureAlgorithm, request.attributes, request.extensions];
    return request;
  } catch {
    throw malformed('not a PKCS #10 request that can be read');
  }
}

function alternativeNamesOf(request: Pkcs10CertificateRequest): readonly string[] {
  const extension = request.extensions.find((candidate) => candidate instanceof SubjectAlternativeNameExtension);
  return extension?.names.items.map(({ type, value }) => `${type}:${value}`) ?? [];
}

function requireAllowedSignature(request: Pkcs10CertificateRequest): void {
  const { name, hash } = request.signatureAlgorithm as {
    readonly name: string;
    readonly hash?: { readonly name: string };
  };
  const isAllowed = name === 'Ed25519' || HASHES.includes(hash?.name ?? '');
  if (!isAllowed || name !== request.publicKey.algorithm.name) {
    throw unsuitable(`signature \`${name}${hash === undefined ? '' : ` with ${hash.name}`}\``);
  }
}

async function importAllowedKey(request: Pkcs10CertificateRequest): Promise<CryptoKey> {
  const { name } = request.publicKey.algorithm;
  const { namedCurve } = request.publicKey.algorithm as { namedCurve?: string };
  if (name === 'ECDSA' && !CURVES.includes(namedCurve ?? '')) throw unsuitable(`curve \`${namedCurve ?? 'unknown'}\``);
  if (!['ECDSA', 'Ed25519', 'RSASSA-PKCS1-v1_5'].includes(name)) throw unsuitable(`key type \`${name}\``);
  const key = await request.publicKey.export().catch(() => {
    throw unsuitable('key that cannot be imported');
  });
  if (name === 'RSASSA-PKCS1-v1_5') requireStrongRsa(key);
  return key;
}

function requireStrongRsa(key: CryptoKey): void {
  const { modulusLength, publicExponent } = key.algorithm as { modulusLength?: number; publicExponent?: Uint8Array };
  const bits = modulusLength ?? 0;
  if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS) throw unsuitable(`RSA key of \`${bits}\` bits`);
  if (toHex(publicExponent ?? new Uint8Array(0)) !== RSA_EXPONENT) throw unsuitable('RSA exponent other than 65537');
}

/** Proof of possession: the request is signed by the key that it carries. */
async function isProven(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch {
    return false;
  }
}

const malformed = (what: string): Fault =>
  new Fault('pki.request-malformed', `certificate request: ${what}; make one with \`openssl req -new -outform DER\``);

const unsuitable = (what: string): Fault =>
  new Fault(
    'pki.request-key',
    `certificate request: ${what} is not allowed; use P-256, P-384, Ed25519, or RSA from ${RSA_MIN_BITS} to ${RSA_MAX_BITS} bits, with SHA-256 or longer`,
  );

/**
 * Holds a request to the thing that it is for: it may leave its names out, and may not claim another one. A renewal must state
 * the subject of the certificate that it renews (RFC 7030, 4.2.2).
 * @throws Fault `pki.request-name`
 */
export function requireNamesOf(request: CertificateRequest, thing: ThingId, purpose: 'enrolment' | 'renewal'): void {
  const { commonNames, isPlainName, alternativeNames } = request;
  const isNamed = commonNames.length === 1 && commonNames[0] === thing;
  const isOther = purpose === 'renewal' ? !(isNamed && isPlainName) : !(isNamed || commonNames.length === 0);
  if (isOther) throw misnamed(`common name \`${commonNames.join(', ')}\``, thing);
  const foreign = alternativeNames.find((name) => name !== `url:${thingUrn(thing)}`);
  if (purpose === 'renewal' && foreign !== undefined) throw misnamed(`alternative name \`${foreign}\``, thing);
}

const misnamed = (what: string, thing: ThingId): Fault =>
  new Fault('pki.request-name', `certificate request: ${what} is not \`${thing}\`; use \`-subj /CN=${thing}\``);
