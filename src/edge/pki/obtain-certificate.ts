import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
} from '@peculiar/x509';
import { equalBytes, fromUtf8, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import type { ThingId } from '#model/thing/thing-id';
import { createDeviceFiles } from './device-files.ts';
import { describeDevice, type EnrolledDevice } from './enrolled-device.ts';
import { decodeCertificates, EST_PATH, REQUEST_TYPE } from './est-payload.ts';
import { type Pem, toBase64Lines, toPem } from './pem.ts';
import { type PinnedRequest, requestPinned } from './pinned-request.ts';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Obtaining {
  readonly origin: string;
  readonly ca: Pem;
  readonly thing: ThingId;
  readonly directory: string;
  readonly path: 'simpleenroll' | 'simplereenroll';
  readonly credentials: Pick<PinnedRequest, 'ca' | 'client' | 'authorization'>;
}

/**
 * Makes a new key and gets a certificate for it; both are in use once this resolves.
 * @throws Fault `enrolment.*`, `pki.answer-malformed`, `device.identity-broken`
 */
export async function obtainCertificate({
  origin,
  ca,
  thing,
  directory,
  path,
  credentials,
}: Obtaining): Promise<EnrolledDevice> {
  const files = createDeviceFiles(directory);
  // asked for first: whatever may fail does so while the token is still good
  const authorities = await requestPinned({ url: new URL(`${EST_PATH}/cacerts`, origin), ca });
  const { key, publicKey, csr } = await makeRequest(thing);
  await files.keepNextKey(key);
  const answer = await requestPinned({
    url: new URL(`${EST_PATH}/${path}`, origin),
    ...credentials,
    body: { type: REQUEST_TYPE, bytes: utf8(toBase64Lines(csr)) },
  });
  const [certificate] = decodeCertificates(fromUtf8(answer));
  if (certificate === undefined || !equalBytes(new Uint8Array(certificate.publicKey.rawData), publicKey)) {
    throw foreign('key of this device');
  }
  const chain = chainOf(certificate, decodeCertificates(fromUtf8(authorities)));
  const device = describeDevice({ key, chain, ca });
  if (device.thing !== thing) throw foreign(`thing \`${thing}\``);
  await files.useNext(chain, ca);
  return device;
}

async function makeRequest(thing: ThingId) {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const signingAlgorithm = KEY_ALGORITHM;
  const request = await Pkcs10CertificateRequestGenerator.create({ name: [{ CN: [thing] }], keys, signingAlgorithm });
  return {
    key: toPem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey))),
    publicKey: new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey)),
    csr: new Uint8Array(request.rawData),
  };
}

const foreign = (what: string): Fault =>
  new Fault('pki.answer-malformed', `enrolment: the certificate in the answer is not for the ${what}`);

/** The certificate and, behind it, its issuer's: a listener that knows the root alone can follow it. */
function chainOf(certificate: X509Certificate, authorities: readonly X509Certificate[]): Pem {
  const issuer = certificate.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  const issuers = authorities.filter((one) => one.getExtension(SubjectKeyIdentifierExtension)?.keyId === issuer);
  return [certificate, ...issuers].map(({ rawData }) => toPem('CERTIFICATE', new Uint8Array(rawData))).join('');
}
