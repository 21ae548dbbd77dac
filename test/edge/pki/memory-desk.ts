import { toHex } from '#base/bytes';
import type { Millis } from '#base/time';
import type { EnrolmentDesk, IssuedToDevice, RefusedEnrolment, TokenStanding } from '#edge/pki/enrolment-desk';
import { isEnrolmentToken, makeEnrolmentToken } from '#edge/pki/enrolment-token';
import type { SecretBox } from '#edge/pki/secret-box';

interface Offer {
  readonly digest: Uint8Array;
  readonly until: Millis;
  used: boolean;
}

/** The registry of one platform, in memory. `log` is the order in which it was told things. */
export interface MemoryDesk extends EnrolmentDesk {
  readonly log: string[];
  readonly certificates: IssuedToDevice[];
  readonly refusals: RefusedEnrolment[];
  offer(thing: string, until?: Millis): string;
  revoke(serial: string): void;
  /** From now on `redeem` or `issued` fails, as when the store is gone. */
  fail(what: 'redeem' | 'issued' | 'nothing'): void;
}

export function createMemoryDesk(now: () => Millis): MemoryDesk {
  const offers = new Map<string, Offer>();
  const revoked = new Set<string>();
  const log: string[] = [];
  const certificates: IssuedToDevice[] = [];
  const refusals: RefusedEnrolment[] = [];
  let failing: 'redeem' | 'issued' | 'nothing' = 'nothing';

  const examine = (thing: string, token: string): TokenStanding => {
    const offer = offers.get(thing);
    if (offer === undefined || !isEnrolmentToken(token, offer.digest)) return 'unknown';
    if (offer.used) return 'used';
    return now() < offer.until ? 'granted' : 'expired';
  };

  return {
    log,
    certificates,
    refusals,
    offer: (thing, until = Number.MAX_SAFE_INTEGER) => {
      const { token, digest } = makeEnrolmentToken();
      offers.set(thing, { digest, until, used: false });
      return token;
    },
    revoke: (serial) => revoked.add(serial),
    fail: (what) => {
      failing = what;
    },
    examine,
    redeem: async (thing, token) => {
      if (failing === 'redeem') throw new Error('the store is gone');
      const standing = examine(thing, token);
      if (standing === 'granted') (offers.get(thing) as Offer).used = true;
      log.push(`redeem ${thing} ${standing}`);
      return standing;
    },
    issued: async (issued) => {
      if (failing === 'issued') throw new Error('the store is gone');
      log.push(`issued ${issued.thing}`);
      certificates.push(issued);
    },
    refused: async (refused) => {
      log.push(`refused ${refused.thing ?? '-'} ${refused.reason}`);
      refusals.push(refused);
    },
    isValid: (thing, serial) =>
      !revoked.has(serial) && certificates.some((known) => known.thing === thing && known.serial === serial),
  };
}

/** Secrets in memory, with the count of how often each was kept. */
export function createMemorySecrets(): SecretBox & {
  readonly kept: Map<string, Uint8Array>;
  readonly hex: () => string;
} {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    hex: () => [...kept.values()].map(toHex).join(),
    load: async (name) => kept.get(name),
    keep: async (name, secret) => {
      kept.set(name, secret);
    },
  };
}
