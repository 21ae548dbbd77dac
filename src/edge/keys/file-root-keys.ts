import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { concat, fromUtf8, toHex, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { type AeadKey, importAeadKey } from '#crypto/aead';
import { sha256 } from '#crypto/digest';
import { randomSecret } from '#crypto/secret';
import type { StoredSecret } from '#edge/store/store';
import { syncFolder } from '../machine/durable-file.ts';
import { wrongRootKey } from './key-fault.ts';
import { openPrivateFolder, type PrivateFolder } from './private-folder.ts';
import type { RootKeyId, RootKeys } from './root-key.ts';
import { unwrapSecret, wrapSecret } from './wrap-secret.ts';

const ROOT_KEY_BYTES = 32;
const ID_BYTES = 8;
const KEY_FILE = /^([0-9a-f]{16})\.key$/;
/** Names the key that wraps. */
const CURRENT_FILE = 'current';
const CURRENT_LIMIT = 64;

export interface FileRootKeysOptions {
  /** Holds one file per root key, and which one is current. Nothing else than these keys belongs into it or its backups. */
  readonly directory: string;
  /** Whether to make the first key where there is none. */
  readonly create: boolean;
}

export interface FileRootKeys extends RootKeys {
  /** All that can unwrap. */
  readonly ids: readonly RootKeyId[];
  /**
   * Deletes a root key for good. What is still wrapped under it is lost: `stillUsed` is what the caller read from the store.
   * @throws Fault `keys.in-use`, `keys.unknown`
   */
  retire(id: RootKeyId, stillUsed: readonly StoredSecret[]): Promise<void>;
}

/**
 * Root keys in a folder that only the platform's user can read. A key is 32 random bytes; its id is derived from them, so
 * that a damaged file is told from a right one.
 * @throws Fault `keys.exposed`, `keys.not-owner`, `keys.damaged`, `keys.absent`
 */
export async function openFileRootKeys({ directory, create }: FileRootKeysOptions): Promise<FileRootKeys> {
  const folder = openPrivateFolder(directory, { create, what: 'root keys' });
  const keys = readKeys(folder);
  let current = readCurrent(folder, keys);

  const addKey = (): RootKeyId => {
    const bytes = randomSecret(ROOT_KEY_BYTES);
    const id = idOf(bytes);
    folder.write(`${id}.key`, bytes);
    // INVARIANT: a key is durable before it is named as current, and so before anything is wrapped under it
    folder.write(CURRENT_FILE, utf8(`${id}\n`));
    keys.set(id, importAeadKey('A256GCM', bytes));
    current = id;
    return id;
  };

  if (current === undefined) {
    if (!create) throw new Fault('keys.absent', `root keys: there is none in \`${directory}\``, { directory });
    addKey();
  }
  const currentId = (): RootKeyId => current as RootKeyId;

  return {
    get current() {
      return currentId();
    },
    get ids() {
      return [...keys.keys()];
    },
    wrap: async (name, secret) => {
      const rootKeyId = currentId();
      return { name, rootKeyId, wrapped: wrapSecret(keys.get(rootKeyId) as AeadKey, rootKeyId, name, secret) };
    },
    unwrap: async (secret) => {
      const key = keys.get(secret.rootKeyId);
      if (key === undefined) throw wrongRootKey(secret, `which is not in \`${directory}\``);
      const bytes = unwrapSecret(key, secret.rootKeyId, secret.name, secret.wrapped);
      if (bytes === undefined) throw wrongRootKey(secret, 'but does not open with it: it was changed');
      return bytes;
    },
    rotate: async () => addKey(),
    retire: async (id, stillUsed) => {
      requireRetirable(id, keys, currentId(), stillUsed);
      rmSync(join(directory, `${id}.key`));
      syncFolder(directory);
      keys.delete(id);
    },
  };
}

function readKeys(folder: PrivateFolder): Map<RootKeyId, AeadKey> {
  const keys = new Map<RootKeyId, AeadKey>();
  for (const name of readdirSync(folder.path)) {
    const id = KEY_FILE.exec(name)?.[1];
    if (id === undefined) continue;
    const bytes = folder.read(name, ROOT_KEY_BYTES);
    if (bytes?.length !== ROOT_KEY_BYTES || idOf(bytes) !== id) {
      const path = join(folder.path, name);
      throw new Fault('keys.damaged', `root keys: \`${path}\` is not the key it is named after; restore it`, { path });
    }
    keys.set(id, importAeadKey('A256GCM', bytes));
  }
  return keys;
}

/** Undefined when there is no key at all yet. */
function readCurrent(folder: PrivateFolder, keys: ReadonlyMap<RootKeyId, AeadKey>): RootKeyId | undefined {
  const content = folder.read(CURRENT_FILE, CURRENT_LIMIT);
  // a first start that was interrupted leaves a key that was never used
  if (content === undefined && keys.size <= 1) return undefined;
  const id = content === undefined ? '' : fromUtf8(content).trim();
  if (keys.has(id)) return id;
  throw new Fault('keys.damaged', `root keys: \`${folder.path}\` names no key that is there; restore the folder`, {
    path: folder.path,
  });
}

function requireRetirable(
  id: RootKeyId,
  keys: ReadonlyMap<RootKeyId, AeadKey>,
  current: RootKeyId,
  stillUsed: readonly StoredSecret[],
): void {
  if (!keys.has(id)) throw new Fault('keys.unknown', `root keys: there is no \`${id}\``, { id });
  const secret = stillUsed.find(({ rootKeyId }) => rootKeyId === id);
  if (id !== current && secret === undefined) return;
  const why =
    secret === undefined ? 'is the current one; rotate first' : `still wraps \`${secret.name}\`; rewrap first`;
  throw new Fault('keys.in-use', `root keys: \`${id}\` ${why}`, { id });
}

const idOf = (key: Uint8Array): RootKeyId =>
  toHex(sha256(concat(utf8('wardtwin root key id\n'), key)).subarray(0, ID_BYTES));
