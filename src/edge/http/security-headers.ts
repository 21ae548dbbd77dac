import type { FastifyReply } from 'fastify';

/** A browser that was here once never comes without TLS again, shows nothing of ours in a frame and guesses no types. */
const HEADERS = {
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Set before anything else is decided, so that a refusal has them too. A route may set its own in their place. */
export const setSecurityHeaders = (reply: FastifyReply): void => {
  // what is answered is about patients: nobody in between may keep it
  void reply.headers({ ...HEADERS, 'cache-control': 'no-store' });
};
