import { toHex, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { type AeadKey, importAeadKey } from '#crypto/aead';
import { randomSecret } from '#crypto/secret';
import { wrongRootKey } from './key-fault.ts';
import { openPkcs11Token, type Pkcs11Key, type Pkcs11TokenDeps } from './pkcs11-token.ts';
import type { RootKeyId, RootKeys } from './root-key.ts';
import { unwrapSecret, wrapSecret } from './wrap-secret.ts';

export interface Pkcs11RootKeysOptions extends Pkcs11TokenDeps {
  /** What the root keys in the token are called: `<key>/v1`, `<key>/v2` ... */
  readonly key: string;
  /** Whether to make the first key where there is none. */
  readonly create: boolean;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const ID_BYTES = 8;
/** What the token is asked for: the same for a key each time, so that what was wrapped before opens after a restart. */
const PURPOSE = utf8('wardtwin/1 root key: wraps secrets');

/**
 * Root keys that never leave a PKCS#11 token. What wraps secrets is the token's HMAC of a fixed text under its key (NIST SP 800-108r1,
 * 4.1, one block): the token computes it once per start, and afterwards wraps thousands of secrets without being asked. It is in memory
 * only; a copy of the store opens nothing without the token.
 *
 * An HMAC, because it is made in the token alone: under a public key anybody who can write the store could wrap a secret of his own.
 * @throws Fault `keys.location`, `keys.absent`, `keys.unavailable`, `keys.refused`
 */
export async function openPkcs11RootKeys({ key, create, ...deps }: Pkcs11RootKeysOptions): Promise<RootKeys> {
  if (!NAME.test(key))
    throw new Fault('keys.location', `pkcs11: \`${key}\` is no name for a key; use letters and digits`);
  const token = openPkcs11Token(deps);
  const prefix = `pkcs11/${key}/v`;
  const wrapping = new Map<RootKeyId, Promise<AeadKey>>();
  let versions = versionsOf(await token.keys(), key);

  const make = async (version: number): Promise<void> => {
    await token.make({ label: `${key}/v${version}`, id: toHex(randomSecret(ID_BYTES)) });
    versions = versionsOf(await token.keys(), key);
  };
  const latest = (): number => Math.max(0, ...versions.keys());
  if (latest() === 0) {
    if (!create) throw new Fault('keys.absent', `pkcs11: token \`${deps.token}\` has no key \`${key}/v1\``);
    await make(1);
  }
  const current = (): RootKeyId => `${prefix}${latest()}`;

  const wrappingKey = (rootKeyId: RootKeyId): Promise<AeadKey> | undefined => {
    const id = rootKeyId.startsWith(prefix) ? versions.get(Number(rootKeyId.slice(prefix.length))) : undefined;
    if (id === undefined) return undefined;
    const known = wrapping.get(rootKeyId);
    if (known !== undefined) return known;
    const derived = token.mac(id, PURPOSE).then((bytes) => importAeadKey('A256GCM', bytes));
    wrapping.set(rootKeyId, derived);
    // a token that is away now may be back later
    derived.catch(() => wrapping.delete(rootKeyId));
    return derived;
  };

  return {
    get current() {
      return current();
    },
    wrap: async (name, secret) => {
      const rootKeyId = current();
      const under = await wrappingKey(rootKeyId)!;
      return { name, rootKeyId, wrapped: wrapSecret(under, rootKeyId, name, secret) };
    },
    unwrap: async (secret) => {
      const under = await wrappingKey(secret.rootKeyId);
      if (under === undefined) throw wrongRootKey(secret, `which is not in token \`${deps.token}\``);
      const bytes = unwrapSecret(under, secret.rootKeyId, secret.name, secret.wrapped);
      if (bytes === undefined) throw wrongRootKey(secret, 'but does not open with it: it was changed');
      return bytes;
    },
    rotate: async () => {
      await make(latest() + 1);
      return current();
    },
  };
}

/** Ids of the root keys by their versions. @throws Fault `keys.damaged` where two are called the same */
function versionsOf(keys: readonly Pkcs11Key[], name: string): ReadonlyMap<number, string> {
  const versions = new Map<number, string>();
  for (const { label, id } of keys) {
    const version = label.startsWith(`${name}/v`) ? Number(label.slice(name.length + 2)) : Number.NaN;
    if (!Number.isSafeInteger(version) || version < 1) continue;
    if (versions.has(version)) throw new Fault('keys.damaged', `pkcs11: two keys are called \`${label}\`; remove one`);
    versions.set(version, id);
  }
  return versions;
}
