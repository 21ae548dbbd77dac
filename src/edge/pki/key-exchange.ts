import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { Fault } from '#base/fault';
import { type Clock, MINUTE } from '#base/time';
import { createTokenBuckets } from '#base/token-buckets';
import { answerKeyAgreement } from '#crypto/key-agreement';
import type { ThingId } from '#model/thing/thing-id';
import type { EnrolmentDesk } from './enrolment-desk.ts';
import {
  decodeKeyRequest,
  encodeKeyAnswer,
  KEY_REQUEST_LIMIT,
  KEYS_PATH,
  KEYS_TYPE,
  type KeyAnswer,
} from './key-exchange-message.ts';
import { thingOfPeer } from './peer-certificate.ts';
import { PlainRefusal, sendPlainRefusal } from './plain-refusal.ts';
import type { SerialNumber } from './serial-number.ts';

/** What a device and the platform agreed on. */
export interface AgreedKey {
  readonly thing: ThingId;
  readonly serial: SerialNumber;
  /** 32 bytes, for `deriveEnrolmentKey`. */
  readonly secret: Uint8Array;
}

/** Who takes the agreed keys over. */
export interface KeyDesk extends Pick<EnrolmentDesk, 'isValid'> {
  /** Replaces the keys of the thing; resolves when that is durable. */
  keyed(agreed: AgreedKey): Promise<void>;
  /** What else this thing is told. @throws Fault when the thing is not known (any more) */
  answerFor(thing: ThingId): KeyAnswer;
}

export interface KeyExchangeDeps {
  readonly desk: KeyDesk;
  readonly clock: Clock;
}

/**
 * Each agreement is a record, a secret that is kept for as long as history is, and starts a channel anew; a device needs one when
 * it lost its state.
 */
const PER_THING = { burst: 10, refill: 15 * MINUTE, capacity: 10_000 };

/**
 * `POST /.well-known/wardtwin/keys`, with the device's certificate in the TLS handshake: the device and the platform agree on the
 * keys under which messages are sealed end to end, so that the broker between them reads nothing. Body and answer are canonical
 * CBOR (`key-exchange-message.ts`); refusals are plain text.
 */
export const keyExchangeRoute =
  ({ desk, clock }: KeyExchangeDeps): FastifyPluginAsync =>
  async (app) => {
    const perThing = createTokenBuckets({ clock, ...PER_THING });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(KEYS_TYPE, { parseAs: 'buffer', bodyLimit: KEY_REQUEST_LIMIT }, (_request, body, done) =>
      done(null, body),
    );
    app.setErrorHandler(sendPlainRefusal);

    app.post(KEYS_PATH, async (request, reply) => {
      const peer = thingOfPeer(request.raw.socket, clock.now());
      if (peer === undefined || !desk.isValid(peer.thing, peer.serial)) {
        throw new PlainRefusal(
          403,
          'this takes a valid certificate of a device in the TLS handshake; enrol or renew first',
        );
      }
      const { thing, serial } = peer;
      if (!perThing.take(thing)) {
        const wait = Math.ceil(perThing.wait(thing) / 1_000);
        throw new PlainRefusal(429, `too many key agreements; wait ${wait} s`, wait);
      }
      const { share, secret } = agree(request, { owner: thing, certificate: serial });
      const answer = desk.answerFor(thing);
      // INVARIANT: the platform has the keys, durably, before the device may use them. When the answer is lost, the device
      // asks again: it still has its certificate, and no message was sealed under keys that only one side has.
      await desk.keyed({ thing, serial, secret });
      return reply.type(KEYS_TYPE).send(Buffer.from(encodeKeyAnswer({ ...answer, share, serverTime: clock.now() })));
    });
  };

function agree({ body }: FastifyRequest, binding: Parameters<typeof answerKeyAgreement>[1]) {
  try {
    return answerKeyAgreement(decodeKeyRequest(body instanceof Uint8Array ? body : new Uint8Array(0)), binding);
  } catch (error) {
    if (error instanceof Fault) throw new PlainRefusal(400, error.message);
    throw error;
  }
}
