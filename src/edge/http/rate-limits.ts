import { Fault } from '#base/fault';
import type { HttpLimits } from './http-limits.ts';
import { MOST_COUNTED } from './http-limits.ts';
import { createTokenBuckets } from './token-bucket.ts';
import type { Api } from './type-provider.ts';

/** Real time, whatever the platform's clock is set to. */
const nowMs = (): number => performance.now();

/** A request without a valid session or token costs an address this many: guessing is slow. */
const COST_OF_A_STRANGER = 20;

/** Counts requests by address, for all routes; and, where a caller was authenticated, by principal. */
export function addRateLimits(app: Api, limits: HttpLimits): void {
  const addresses = createTokenBuckets(limits.perAddress, MOST_COUNTED);
  app.addHook('onRequest', async ({ ip }) => {
    if (!addresses.take(ip, nowMs())) throw tooMany('address');
  });
  app.addHook('onResponse', async ({ ip }, reply) => {
    if (reply.statusCode === 401) addresses.charge(ip, nowMs(), COST_OF_A_STRANGER);
  });
}

/** Takes from the bucket of a principal. @throws Fault `http.too-many-requests` */
export function createPrincipalLimit({ perPrincipal }: HttpLimits): (principal: string) => void {
  const buckets = createTokenBuckets(perPrincipal, MOST_COUNTED);
  return (principal) => {
    if (!buckets.take(principal, nowMs())) throw tooMany('account');
  };
}

const tooMany = (whose: string): Fault =>
  new Fault('http.too-many-requests', `too many requests of this ${whose}; wait a moment`);
