import { fromHex, toHex } from '#base/bytes';
import { cutText } from '#base/cut-text';
import { Fault } from '#base/fault';
import type { Clock } from '#base/time';
import { equalSecrets } from '#crypto/constant-time';
import { PLATFORM_SUBJECT } from '#mirror/history/record';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { ThingId } from '#model/thing/thing-id';
import type { ThingEntry } from '#platform/fleet/registry';
import type { Access } from '../access/access.ts';
import type { Live } from '../live/live.ts';
import { thingSecretName } from '../live/opened.ts';
import type { EnrolmentDesk, TokenStanding } from '../pki/enrolment-desk.ts';
import { digestEnrolmentToken } from '../pki/enrolment-token.ts';
import type { KeyDesk } from '../pki/key-exchange.ts';
import type { CommandKey } from '../pki/key-exchange-message.ts';
import type { RevokedCertificate } from '../pki/revocation-list.ts';

/** Something to compare with where nothing is expected, so that both take the same time. */
const NO_DIGEST = '00'.repeat(32);

/** Enrolment on the registry of the running platform. An offer is as good as the right of whoever made it is now. */
export function createEnrolmentDesk(live: Live, access: Pick<Access, 'decideHeld'>): EnrolmentDesk {
  const mayStill = ({ thing, subject, offer }: ThingEntry): boolean => {
    const ward = live.fleet.registry.subjects.get(subject)?.ward ?? '';
    const question = { action: 'enrolThing', resource: { type: 'Thing', thing, subject, ward } } as const;
    if (offer?.by === undefined) return false;
    return offer.by === 'platform' || access.decideHeld(offer.by, question).outcome === 'permit';
  };
  const examine = (thing: ThingId, token: string): TokenStanding => {
    const entry = live.fleet.registry.things.get(thing);
    const offer = entry?.offer;
    const digest = digestEnrolmentToken(token) ?? fromHex(NO_DIGEST);
    const isRight = equalSecrets(digest, fromHex(offer?.digest ?? NO_DIGEST));
    if (entry === undefined || offer === undefined || !isRight) return 'unknown';
    if (offer.usedAt !== undefined) return 'used';
    if (offer.expiresAt < live.clock.now()) return 'expired';
    return mayStill(entry) ? 'granted' : 'withdrawn';
  };

  return {
    examine,
    redeem: (thing, token) => {
      const digest = digestEnrolmentToken(token);
      const standing = examine(thing, token);
      // asked and used up in one step
      if (standing !== 'granted' || digest === undefined) return Promise.resolve(standing);
      return live.act((fleet) => fleet.redeemOffer(thing, toHex(digest)));
    },
    issued: async ({ thing, ...note }) => {
      await live.act((fleet) => fleet.certified(thing, note));
    },
    refused: async ({ thing, reason, detail, address, omitted }) => {
      const body = { thing, reason, detail: cutText(detail, 200), address: address.slice(0, 64), omitted };
      await live.act((fleet) => fleet.record('EnrolmentRefused', PLATFORM_SUBJECT, body));
    },
    isValid: (thing, serial) => live.fleet.isCertified(thing, serial),
  };
}

/** Agreed keys, kept wrapped before the device may use them. */
export function createKeyDesk(live: Live, commandKeys: readonly CommandKey[], mqtt: () => string | undefined): KeyDesk {
  return {
    isValid: (thing, serial) => live.fleet.isCertified(thing, serial),
    keyed: async ({ thing, secret }) => {
      const { fingerprint } = deriveEnrolmentKey(thing, secret);
      // INVARIANT: found when the record is applied, and durable with it. Earlier secrets stay: replaying commands needs them.
      const kept = live.secrets.keep(thingSecretName(thing, fingerprint), secret);
      await Promise.all([kept, live.act((fleet) => fleet.keyed(thing, secret))]);
    },
    answerFor: (thing) => {
      const entry = live.fleet.registry.things.get(thing);
      if (entry?.status !== 'enrolled') throw new Fault('fleet.unknown-thing', `keys: \`${thing}\` is not enrolled`);
      // how it is called in its ward, and through whom it is reached
      const { model, role, via } = entry;
      return { commandKeys, model, extra: { role, via, mqtt: mqtt() } };
    },
  };
}

/** Certificates that were revoked and would still hold by `clock`, which is real time. */
export function revokedCertificates(live: Live, clock: Clock): readonly RevokedCertificate[] {
  const now = clock.now();
  return [...live.fleet.registry.things.values()].flatMap(({ certificates }) =>
    certificates.flatMap(({ serial, notAfter, revokedAt }) =>
      revokedAt === undefined || notAfter < now ? [] : [{ serial, at: revokedAt, reason: 'unspecified' as const }],
    ),
  );
}
