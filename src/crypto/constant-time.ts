import { timingSafeEqual } from 'node:crypto';

/** Whether two secrets, or digests of them, are equal, in time that depends on nothing but their lengths. */
export const equalSecrets = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
