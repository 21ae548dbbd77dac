import { readFileSync } from 'node:fs';
import { Fault } from '#base/fault';
import { openFileRootKeys } from '../keys/file-root-keys.ts';
import { openPkcs11RootKeys } from '../keys/pkcs11-root-keys.ts';
import type { RootKeys } from '../keys/root-key.ts';
import { createTokenReader, type TokenSource } from '../keys/token-source.ts';
import { openVaultRootKeys } from '../keys/vault-root-keys.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Pkcs11Config, ServeConfig, VaultConfig } from './serve-config.ts';

/** The root keys that the configuration names. `create` makes the first one where there is none. @throws Fault `keys.*` */
export async function openRootKeys(
  { keys }: ServeConfig,
  data: Pick<DataDirectory, 'rootKeys'>,
  create: boolean,
): Promise<RootKeys> {
  const { root = 'file', vault, pkcs11 } = keys ?? {};
  if (root === 'vault' && vault !== undefined) return openVault(vault);
  if (root === 'pkcs11' && pkcs11 !== undefined) return openToken(pkcs11, create);
  return openFileRootKeys({ directory: data.rootKeys, create });
}

function openVault({ address, mount, key, tokenFile, tokenEnv, ca, namespace }: VaultConfig): Promise<RootKeys> {
  return openVaultRootKeys({
    address,
    key,
    token: createTokenReader(sourceOf(tokenFile, tokenEnv, 'keys.vault: state one of `tokenFile` and `tokenEnv`')),
    ...(mount === undefined ? {} : { mount }),
    ...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
    ...(namespace === undefined ? {} : { namespace }),
  });
}

function openToken(config: Pkcs11Config, create: boolean): Promise<RootKeys> {
  const { module, token, key = 'wardtwin', pinFile, pinEnv, tool } = config;
  const source = sourceOf(pinFile, pinEnv, 'keys.pkcs11: state one of `pinFile` and `pinEnv`');
  const pin = createTokenReader(source, 'pkcs11');
  return openPkcs11RootKeys({ module, token, key, pin, create, ...(tool === undefined ? {} : { tool }) });
}

function sourceOf(file: string | undefined, variable: string | undefined, missing: string): TokenSource {
  if (file !== undefined) return { kind: 'file', path: file };
  if (variable === undefined) throw new Fault('config.secret', missing);
  return { kind: 'environment', name: variable };
}
