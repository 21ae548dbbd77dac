import { argon2Sync } from 'node:crypto';

export const PASSWORD = 'four plain words here';

/** Its hash as it could have been kept, of the least work there is: what costs time to guess costs the tests the same time. */
export const PASSWORD_HASH: string = (() => {
  const nonce = new Uint8Array(16).fill(7);
  const tag = argon2Sync('argon2id', { message: PASSWORD, nonce, parallelism: 1, tagLength: 32, memory: 8, passes: 1 });
  const base64 = (bytes: Uint8Array): string => bytes.toBase64({ omitPadding: true });
  return `$argon2id$v=19$m=8,t=1,p=1$${base64(nonce)}$${base64(new Uint8Array(tag))}`;
})();
