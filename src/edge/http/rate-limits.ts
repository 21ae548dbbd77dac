import { Fault } from '#base/fault';
import { networkOf } from '#base/network';
import type { Clock } from '#base/time';
import { createTokenBuckets } from '#base/token-buckets';
import type { HttpLimits } from './http-limits.ts';
import { MOST_COUNTED } from './http-limits.ts';
import type { Api } from './type-provider.ts';

/** Whatever the platform's clock is set to. */
export const REAL_TIME: Clock = { now: () => performance.now() };

/** A request without a valid session or token costs a network this many: guessing is slow. */
const COST_OF_A_STRANGER = 20;

/** Counts requests by network, for all routes; and, where a caller was authenticated, by principal. */
export function addRateLimits(app: Api, limits: HttpLimits): void {
  const networks = createTokenBuckets({ clock: REAL_TIME, ...limits.perNetwork, capacity: MOST_COUNTED });
  app.addHook('onRequest', async ({ ip }) => {
    if (!networks.take(networkOf(ip))) throw tooMany('network');
  });
  app.addHook('onResponse', async ({ ip }, reply) => {
    if (reply.statusCode === 401) networks.charge(networkOf(ip), COST_OF_A_STRANGER);
  });
}

/** Takes from the bucket of a principal. @throws Fault `http.too-many-requests` */
export function createPrincipalLimit({ perPrincipal }: HttpLimits): (principal: string) => void {
  const buckets = createTokenBuckets({ clock: REAL_TIME, ...perPrincipal, capacity: MOST_COUNTED });
  return (principal) => {
    if (!buckets.take(principal)) throw tooMany('account');
  };
}

const tooMany = (whose: string): Fault =>
  new Fault('http.too-many-requests', `too many requests of this ${whose}; wait a moment`);
