import { argon2, timingSafeEqual } from 'node:crypto';
import { utf8 } from '#base/bytes';

/** How much work a password costs: argon2id, RFC 9106. */
export interface PasswordWork {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

/** The second recommended option of RFC 9106, section 4: for machines that cannot give 2 GiB to a sign-in. */
export const PASSWORD_WORK: PasswordWork = { memoryKiB: 64 * 1_024, passes: 3, lanes: 4 };
export const PASSWORD_SALT_BYTES = 16;
const TAG_BYTES = 32;

/** What a kept hash may ask for; one that asks for more is refused, so that it cannot exhaust the machine. */
const MOST_WORK: PasswordWork = { memoryKiB: 256 * 1_024, passes: 10, lanes: 8 };

const ENCODED = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{43})$/;

/** A hash that no password has, of the usual work: what is compared with where there is no account. */
export function impossibleHash(random: (length: number) => Uint8Array): string {
  return encoded(PASSWORD_WORK, random(PASSWORD_SALT_BYTES), random(TAG_BYTES));
}

type Done<T> = (error: Error | null, value?: T) => void;

/** The hash of a password in the PHC format. Works beside the caller's thread; calls back once. */
export function hashPassword(password: string, salt: Uint8Array, done: Done<string>): void {
  derive(password, salt, PASSWORD_WORK, (error, tag) => {
    if (tag === undefined) done(error);
    else done(null, encoded(PASSWORD_WORK, salt, tag));
  });
}

/** Whether `password` is the one of `kept`; false where `kept` is none that `hashPassword` can have made. */
export function verifyPassword(password: string, kept: string, done: Done<boolean>): void {
  const parts = ENCODED.exec(kept);
  const work: PasswordWork = { memoryKiB: Number(parts?.[1]), passes: Number(parts?.[2]), lanes: Number(parts?.[3]) };
  if (parts === null || !isBearable(work)) {
    done(null, false);
    return;
  }
  const expected = Uint8Array.fromBase64(parts[5]!);
  derive(password, Uint8Array.fromBase64(parts[4]!), work, (error, tag) => {
    if (tag === undefined) done(error);
    else done(null, timingSafeEqual(tag, expected));
  });
}

const isBearable = ({ memoryKiB, passes, lanes }: PasswordWork): boolean =>
  memoryKiB >= 8 * lanes &&
  memoryKiB <= MOST_WORK.memoryKiB &&
  passes >= 1 &&
  passes <= MOST_WORK.passes &&
  lanes >= 1 &&
  lanes <= MOST_WORK.lanes;

function derive(password: string, salt: Uint8Array, work: PasswordWork, done: Done<Uint8Array>): void {
  const parameters = {
    message: utf8(password),
    nonce: salt,
    parallelism: work.lanes,
    tagLength: TAG_BYTES,
    memory: work.memoryKiB,
    passes: work.passes,
  };
  argon2('argon2id', parameters, (error, tag) => {
    if (error !== null) done(error);
    else done(null, new Uint8Array(tag));
  });
}

const encoded = ({ memoryKiB, passes, lanes }: PasswordWork, salt: Uint8Array, tag: Uint8Array): string =>
  `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${base64(salt)}$${base64(tag)}`;

const base64 = (bytes: Uint8Array): string => bytes.toBase64({ omitPadding: true });
