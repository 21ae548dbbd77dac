import { fromUtf8, utf8 } from '#base/bytes';
import { encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import type { StoredSecret } from '#edge/store/store';
import { wrongRootKey } from './key-fault.ts';
import type { RootKeyId, RootKeys } from './root-key.ts';
import { createVaultClient, type VaultAddress, type VaultAnswer } from './vault-client.ts';

export interface VaultRootKeysOptions extends VaultAddress {
  /** Where the transit engine is mounted. Default `transit`. */
  readonly mount?: string;
  /** Name of the transit key. */
  readonly key: string;
}

/** Key types of the transit engine that authenticate additional data. */
const KEY_TYPES = new Set(['aes128-gcm96', 'aes256-gcm96', 'chacha20-poly1305', 'xchacha20-poly1305']);
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const CIPHERTEXT = /^vault:v([1-9][0-9]*):[A-Za-z0-9+/=]+$/;

/**
 * Root keys in the transit engine of HashiCorp Vault or OpenBao: the root key never leaves it. A version of the transit key
 * is a root key here; `<mount>/<key>/v3` is the id of the third one. The token needs `read` on `<mount>/keys/<key>`, `update` on
 * `<mount>/encrypt/<key>` and `<mount>/decrypt/<key>`, and for rotation on `<mount>/keys/<key>/rotate`.
 * @throws Fault `keys.location`, `keys.unavailable`, `keys.refused`, `keys.unsuitable`
 */
export async function openVaultRootKeys(options: VaultRootKeysOptions): Promise<RootKeys> {
  const { mount = 'transit', key } = options;
  for (const name of [mount, key]) {
    if (!NAME.test(name)) throw new Fault('keys.location', `vault: \`${name}\` is no name of a mount or key`, { name });
  }
  const call = createVaultClient(options);
  const idOf = (version: number | string): RootKeyId => `${mount}/${key}/v${version}`;

  const latest = async (): Promise<RootKeyId> => {
    const { data } = requireDone(await call('GET', `${mount}/keys/${key}`), `key \`${key}\``);
    const { type, latest_version: version } = data;
    if (typeof type !== 'string' || !KEY_TYPES.has(type) || !Number.isSafeInteger(version)) {
      const what = `vault: key \`${key}\` is of type \`${String(type)}\``;
      throw new Fault('keys.unsuitable', `${what}; make one of type aes256-gcm96`, { key });
    }
    return idOf(version as number);
  };
  let current = await latest();

  const wrap: RootKeys['wrap'] = async (name, secret) => {
    const body = { plaintext: secret.toBase64(), associated_data: contextOf(mount, key, name) };
    const { data } = requireDone(await call('POST', `${mount}/encrypt/${key}`, body), `secret \`${name}\``);
    const { ciphertext } = data;
    const version = typeof ciphertext === 'string' ? CIPHERTEXT.exec(ciphertext)?.[1] : undefined;
    if (version === undefined) throw new Fault('keys.unavailable', 'vault: the answer holds no ciphertext');
    return { name, rootKeyId: idOf(version), wrapped: utf8(String(ciphertext)) };
  };

  const unwrap: RootKeys['unwrap'] = async (secret) => {
    const ciphertext = ciphertextOf(secret);
    const version = CIPHERTEXT.exec(ciphertext)?.[1];
    if (version === undefined || idOf(version) !== secret.rootKeyId) {
      throw wrongRootKey(secret, `which is not \`${mount}/${key}\``);
    }
    const body = { ciphertext, associated_data: contextOf(mount, key, secret.name) };
    const answer = await call('POST', `${mount}/decrypt/${key}`, body);
    // 400 is the transit engine's answer to a ciphertext that it does not open
    if (answer.status === 400) throw wrongRootKey(secret, 'but Vault does not open it');
    const { plaintext } = requireDone(answer, `secret \`${secret.name}\``).data;
    if (typeof plaintext !== 'string') throw new Fault('keys.unavailable', 'vault: the answer holds no plaintext');
    return Uint8Array.fromBase64(plaintext);
  };

  return {
    get current() {
      return current;
    },
    wrap,
    unwrap,
    rotate: async () => {
      requireDone(await call('POST', `${mount}/keys/${key}/rotate`, {}), `key \`${key}\``);
      current = await latest();
      return current;
    },
  };
}

/** Base64, as the transit engine takes it. The name is bound in; the version is, by the ciphertext. */
const contextOf = (mount: string, key: string, name: string): string =>
  encodeCanonical(['wardtwin wrapped secret', `${mount}/${key}`, name]).toBase64();

function ciphertextOf(secret: StoredSecret): string {
  try {
    return fromUtf8(secret.wrapped);
  } catch {
    return '';
  }
}

/** @throws Fault `keys.refused` when the server said no, `keys.unavailable` when it could not */
function requireDone(answer: VaultAnswer, what: string): VaultAnswer {
  const { status, errors } = answer;
  if (status >= 200 && status < 300) return answer;
  const said = errors.join('; ') || `status ${status}`;
  // sealed (503), standby (429), in maintenance: it may work later
  if (status >= 500 || status === 429) {
    throw new Fault('keys.unavailable', `vault: ${what} cannot be had now (\`${said}\`)`, { status });
  }
  throw new Fault('keys.refused', `vault: ${what} was refused (\`${said}\`); check the token's policy and the names`, {
    status,
  });
}
