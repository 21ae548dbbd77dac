import { hashPassword, impossibleHash, PASSWORD_SALT_BYTES, verifyPassword } from '#crypto/password-hash';
import { accessFault } from './access-fault.ts';

/** Hashes passwords beside the event loop, few at a time: each takes 64 MiB. */
export interface PasswordDesk {
  /** @throws Fault `access.busy` */
  hash(password: string): Promise<string>;
  /** Takes as long where there is no hash to compare with. @throws Fault `access.busy` */
  verify(password: string, encoded: string | undefined): Promise<boolean>;
}

const AT_ONCE = 2;
const WAITING_LIMIT = 32;

export function createPasswordDesk(random: (length: number) => Uint8Array): PasswordDesk {
  const withPlace = createPlaces(AT_ONCE, WAITING_LIMIT);
  const hash = (password: string): Promise<string> =>
    withPlace(() => called((done) => hashPassword(password, random(PASSWORD_SALT_BYTES), done)));
  const nobodys = impossibleHash(random);
  return {
    hash,
    verify: async (password, encoded) => {
      const compared = encoded ?? nobodys;
      const same = await withPlace(() => called<boolean>((done) => verifyPassword(password, compared, done)));
      return same && encoded !== undefined;
    },
  };
}

function called<T>(start: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (value === undefined) reject(error ?? new Error('argon2id gave nothing'));
      else resolve(value);
    });
  });
}

function createPlaces(atOnce: number, waitingLimit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let taken = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (taken >= atOnce) {
      if (waiting.length >= waitingLimit)
        throw accessFault('access.busy', 'passwords: too many are being checked; try again', { retryAfterSec: 5 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else taken += 1;
    try {
      return await work();
    } finally {
      // the place goes straight to whoever waits longest
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    }
  };
}
