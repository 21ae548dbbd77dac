import 'reflect-metadata';
import { X509Certificate, X509Certificates } from '@peculiar/x509';
import { fromUtf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { fromBase64Lines, type Pem, toBase64Lines } from './pem.ts';

export const EST_PATH = '/.well-known/est';

/** Media types of RFC 7030, 4.1.3 and 4.2.1. */
export const REQUEST_TYPE = 'application/pkcs10';
export const CERTIFICATES_TYPE = 'application/pkcs7-mime; smime-type=certs-only';

/**
 * The DER of a body. Every body of EST is base64, with or without line breaks, whatever `Content-Transfer-Encoding` says
 * (RFC 8951, 2).
 * @throws Fault `pki.request-malformed`
 */
export function decodeRequestBody(body: Uint8Array): Uint8Array {
  const der = fromBase64Lines(textOf(body));
  if (der !== undefined && der.length > 0) return der;
  throw new Fault(
    'pki.request-malformed',
    'certificate request: the body is not base64 of a DER request; use `openssl req -new -outform DER | openssl base64`',
  );
}

function textOf(body: Uint8Array): string {
  try {
    return fromUtf8(body);
  } catch {
    return '-';
  }
}

/** Certificates as a body of EST: the base64 of a degenerate CMS SignedData, "certs-only" (RFC 5272, 4.1). */
export function encodeCertificates(certificates: readonly Pem[]): string {
  const bundle = new X509Certificates(certificates.map((pem) => new X509Certificate(pem)));
  return toBase64Lines(new Uint8Array(bundle.export('raw')));
}

/** The certificates of such a body, as the client reads it. @throws Fault `pki.answer-malformed` */
export function decodeCertificates(body: string): readonly X509Certificate[] {
  try {
    const der = fromBase64Lines(body);
    if (der === undefined) throw new TypeError('not base64');
    return [...new X509Certificates(new Uint8Array(der))];
  } catch {
    throw new Fault('pki.answer-malformed', 'enrolment: the answer holds no certificates; is this an EST server?');
  }
}
