import type { FastifyRequest } from 'fastify';
import { Fault } from '#base/fault';
import type { Clock } from '#base/time';
import { isThingId, type ThingId } from '#model/thing/thing-id';
import { readBasicCredentials } from './basic-credentials.ts';
import type { CertificateAuthority, IssuedCertificate } from './certificate-authority.ts';
import { type CertificateRequest, readCertificateRequest, requireNamesOf } from './certificate-request.ts';
import type { EnrolmentDesk, EnrolmentRefusal, TokenStanding } from './enrolment-desk.ts';
import { createEnrolmentLimits } from './enrolment-limits.ts';
import { decodeRequestBody } from './est-payload.ts';
import { thingOfPeer } from './peer-certificate.ts';
import { PlainRefusal, type RefusalStatus } from './plain-refusal.ts';

export interface EnrolmentDeps {
  readonly authority: CertificateAuthority;
  readonly desk: EnrolmentDesk;
  readonly clock: Clock;
}

const TOKEN_REFUSALS: Readonly<Record<Exclude<TokenStanding, 'granted'>, readonly [EnrolmentRefusal, string]>> = {
  unknown: ['token-unknown', 'thing or token not accepted; check both'],
  // whoever is told these has shown the right token
  used: ['token-used', 'this token was used before; ask for a new one, and find out who used it'],
  expired: ['token-expired', 'this token has expired; ask for a new one'],
  withdrawn: ['token-withdrawn', 'whoever made this token may not enrol this thing any more; ask for a new one'],
};

/** The two ways to a certificate. */
export interface Enrolment {
  enrol(request: FastifyRequest): Promise<IssuedCertificate>;
  renew(request: FastifyRequest): Promise<IssuedCertificate>;
}

export function createEnrolment({ authority, desk, clock }: EnrolmentDeps): Enrolment {
  const limits = createEnrolmentLimits(desk, clock);

  const refuse = async (
    request: FastifyRequest,
    thing: ThingId | undefined,
    [reason, detail]: readonly [EnrolmentRefusal, string],
    status: RefusalStatus,
  ): Promise<never> => {
    const claimed = thing === undefined ? {} : { thing };
    const wait = await limits.refuse({ ...claimed, reason, detail, address: request.ip });
    if (wait > 0) throw new PlainRefusal(429, `too many attempts for this thing; wait ${wait} s`, wait);
    throw new PlainRefusal(status, detail);
  };

  /** Holds off a peer whose network was refused too often, before more of what it sent is looked at. */
  const requirePatience = async (request: FastifyRequest): Promise<void> => {
    const wait = limits.waitOf(request.ip);
    if (wait === 0) return;
    const detail = `too many attempts; wait ${wait} s`;
    await limits.refuse({ reason: 'too-many-attempts', detail, address: request.ip });
    throw new PlainRefusal(429, detail, wait);
  };

  const readRequest = async (
    request: FastifyRequest,
    thing: ThingId,
    purpose: 'enrolment' | 'renewal',
  ): Promise<CertificateRequest> => {
    try {
      const csr = await readCertificateRequest(decodeRequestBody(bodyOf(request)));
      requireNamesOf(csr, thing, purpose);
      return csr;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return refuse(request, thing, ['request-refused', error.message], 400);
    }
  };

  const issue = async (thing: ThingId, csr: CertificateRequest, renewal: boolean): Promise<IssuedCertificate> => {
    const issued = await authority.issueDevice({ thing, csr });
    const { serial, notAfter } = issued;
    // INVARIANT: a certificate leaves only after it is on record: one that nobody knows of could not be revoked
    await desk.issued({ thing, serial, notAfter, keyFingerprint: csr.keyFingerprint, renewal });
    return issued;
  };

  const enrol = async (request: FastifyRequest): Promise<IssuedCertificate> => {
    const credentials = readBasicCredentials(request.headers.authorization);
    const claimed = isThingId(credentials?.user) ? credentials.user : undefined;
    const standing = claimed === undefined ? 'unknown' : desk.examine(claimed, credentials?.password ?? '');
    // INVARIANT: whoever has the right token is not kept waiting by others that guess from the same network
    if (standing !== 'granted') await requirePatience(request);
    if (credentials === undefined || claimed === undefined) return refuse(request, claimed, MISSING_CREDENTIALS, 401);
    if (standing !== 'granted') return refuse(request, claimed, TOKEN_REFUSALS[standing], 401);
    if (!limits.takeProven(claimed)) return refuse(request, claimed, TOO_MANY_REQUESTS, 429);
    // only whoever has the token gets as far as the parser, and a mistake in the request does not cost the token
    const csr = await readRequest(request, claimed, 'enrolment');
    // INVARIANT: the token is used up, durably, before there is a certificate. A crash in between costs a token; it never
    // leaves one that would be good for a second certificate.
    const redeemed = await desk.redeem(claimed, credentials.password);
    if (redeemed !== 'granted') return refuse(request, claimed, TOKEN_REFUSALS[redeemed], 401);
    return issue(claimed, csr, false);
  };

  const renew = async (request: FastifyRequest): Promise<IssuedCertificate> => {
    const peer = thingOfPeer(request.raw.socket, clock.now());
    // likewise: a valid certificate is asked for its own number of renewals, and not for what its neighbours do
    if (peer === undefined || !desk.isValid(peer.thing, peer.serial)) await requirePatience(request);
    if (peer === undefined) return refuse(request, undefined, MISSING_CERTIFICATE, 403);
    const { thing, serial } = peer;
    if (!desk.isValid(thing, serial)) return refuse(request, thing, REVOKED_CERTIFICATE, 403);
    if (!limits.takeRenewal(thing)) return refuse(request, thing, TOO_MANY_RENEWALS, 429);
    const csr = await readRequest(request, thing, 'renewal');
    return issue(thing, csr, true);
  };

  return { enrol, renew };
}

const MISSING_CREDENTIALS = [
  'credentials-missing',
  'enrolment takes HTTP Basic credentials: the thing as user, its token as password',
] as const;
const MISSING_CERTIFICATE = [
  'certificate-missing',
  'a renewal takes the present certificate of the device in the TLS handshake: none was shown, or it has expired or is not ours; enrol again with a new token',
] as const;
const REVOKED_CERTIFICATE = [
  'certificate-not-valid',
  'the certificate was revoked or is not on record; enrol again with a new token',
] as const;
const TOO_MANY_REQUESTS = [
  'too-many-attempts',
  'too many requests with this token were refused; look at what was said of the first',
] as const;
const TOO_MANY_RENEWALS = [
  'too-many-attempts',
  'this device renews too often; use the certificate that it has',
] as const;

/** What the parser of the route handed over; a request without a body and its type reaches no parser. */
const bodyOf = ({ body }: FastifyRequest): Uint8Array => (body instanceof Uint8Array ? body : new Uint8Array(0));
