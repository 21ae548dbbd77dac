import { utf8 } from '#base/bytes';
import { finishKeyAgreement, startKeyAgreement } from '#crypto/key-agreement';
import { parseThingId, type ThingId } from '#model/thing/thing-id';
import { type EnrolledDevice, loadDevice } from './enrolled-device.ts';
import {
  decodeKeyAnswer,
  encodeKeyRequest,
  KEYS_PATH,
  KEYS_TYPE,
  type KeyExchangeAnswer,
} from './key-exchange-message.ts';
import { obtainCertificate } from './obtain-certificate.ts';
import type { Pem } from './pem.ts';
import { requestPinned } from './pinned-request.ts';

export interface FirstEnrolment {
  /** Of the platform, for example `https://ward.example:8443`. */
  readonly origin: string;
  /** The platform's root, handed over together with the token. Nobody else is believed. */
  readonly ca: Pem;
  readonly thing: ThingId;
  readonly token: string;
  /** Where the device keeps its identity; made where absent. */
  readonly directory: string;
}

export interface EnrolledAt {
  readonly origin: string;
  readonly directory: string;
}

/**
 * Enrols a device: makes its key, which never leaves the directory, and gets a certificate for it.
 * @throws Fault `enrolment.unreachable`, `enrolment.refused`, `enrolment.answer-too-large`, `pki.answer-malformed`
 */
export async function enrolDevice({ origin, ca, thing, token, directory }: FirstEnrolment): Promise<EnrolledDevice> {
  const authorization = `Basic ${utf8(`${parseThingId(thing)}:${token}`).toBase64()}`;
  const credentials = { ca, authorization };
  return obtainCertificate({ origin, ca, thing, directory, path: 'simpleenroll', credentials });
}

/** Renews the certificate of an enrolled device, with a new key. @throws as `enrolDevice`, `device.not-enrolled` */
export async function renewDevice({ origin, directory }: EnrolledAt): Promise<EnrolledDevice> {
  const { thing, ca, key, chain } = await loadDevice(directory);
  const credentials = { ca, client: { key, chain } };
  return obtainCertificate({ origin, ca, thing, directory, path: 'simplereenroll', credentials });
}

/** The secret that a device shares with its platform from now on, and what it was told with it. */
export interface AgreedWithPlatform extends Omit<KeyExchangeAnswer, 'share'> {
  readonly secret: Uint8Array;
}

/**
 * Agrees on new keys with the platform. The former ones are void from then on: sequence numbers start again.
 * @throws Fault `device.not-enrolled`, `enrolment.*`, `key-exchange.malformed`, `key-agreement.refused`
 */
export async function agreeKeys({ origin, directory }: EnrolledAt): Promise<AgreedWithPlatform> {
  const { thing, serial, ca, key, chain } = await loadDevice(directory);
  const pending = startKeyAgreement();
  const answer = await requestPinned({
    url: new URL(KEYS_PATH, origin),
    ca,
    client: { key, chain },
    body: { type: KEYS_TYPE, bytes: encodeKeyRequest(pending.share) },
  });
  const { share, ...told } = decodeKeyAnswer(answer);
  return { ...told, secret: finishKeyAgreement(pending, share, { owner: thing, certificate: serial }) };
}
