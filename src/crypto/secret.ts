import { randomBytes } from 'node:crypto';

/** `length` bytes from the operating system's randomness, for live keys. Exercises draw theirs from `Random`. */
export const randomSecret = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
