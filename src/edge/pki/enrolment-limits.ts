import { networkOf } from '#base/network';
import { type Clock, MINUTE, SECOND } from '#base/time';
import { createTokenBuckets } from '#base/token-buckets';
import type { ThingId } from '#model/thing/thing-id';
import type { EnrolmentDesk, RefusedEnrolment } from './enrolment-desk.ts';

/** Refusals only are counted: a ward of devices behind one address enrols as fast as it can. */
const PER_NETWORK = { burst: 10, refill: 6 * SECOND, capacity: 10_000 };
const PER_THING = { burst: 30, refill: 2 * SECOND, capacity: 10_000 };
/** Refusals of everybody together that become records, each with how many before it did not. */
const RECORDED = { burst: 100, refill: SECOND, capacity: 1 };
/** Requests that came with the right token: what is wrong with them is told, and each is parsed and verified. */
const PROVEN = { burst: 20, refill: 30 * SECOND, capacity: 10_000 };
/** Renewals of one device: a certificate is renewed every few days, and each one is a record. */
const RENEWALS = { burst: 5, refill: 10 * MINUTE, capacity: 10_000 };

/**
 * What keeps guessing slow and history from being flooded. A token has 160 bits, so no limit here is what protects it, and none
 * may be turned into a way of locking a device out: a network that is refused too often waits, but wrong tokens, from the same
 * network or from elsewhere, never keep the right one from being taken.
 */
export interface EnrolmentLimits {
  /** Seconds that this address has to wait, as it was refused too often. */
  waitOf(address: string): number;
  /**
   * Counts a refusal and records it, or counts it as omitted. Tells how many seconds the thing that was claimed should be left alone
   * for; 0 while it was not refused too often.
   */
  refuse(refused: Omit<RefusedEnrolment, 'omitted'>): Promise<number>;
  takeProven(thing: ThingId): boolean;
  takeRenewal(thing: ThingId): boolean;
}

export function createEnrolmentLimits(desk: Pick<EnrolmentDesk, 'refused'>, clock: Clock): EnrolmentLimits {
  const perNetwork = createTokenBuckets({ clock, ...PER_NETWORK });
  const perThing = createTokenBuckets({ clock, ...PER_THING });
  const recorded = createTokenBuckets({ clock, ...RECORDED });
  const proven = createTokenBuckets({ clock, ...PROVEN });
  const renewals = createTokenBuckets({ clock, ...RENEWALS });
  let omitted = 0;

  const refuse: EnrolmentLimits['refuse'] = async (refused) => {
    perNetwork.take(networkOf(refused.address));
    const wait = refused.thing === undefined || perThing.take(refused.thing) ? 0 : perThing.wait(refused.thing);
    if (recorded.take('')) {
      const before = omitted;
      omitted = 0;
      await desk.refused({ ...refused, omitted: before });
    } else {
      omitted += 1;
    }
    return inSeconds(wait);
  };

  return {
    waitOf: (address) => inSeconds(perNetwork.wait(networkOf(address))),
    refuse,
    takeProven: (thing) => proven.take(thing),
    takeRenewal: (thing) => renewals.take(thing),
  };
}

const inSeconds = (millis: number): number => Math.ceil(millis / SECOND);
