import { readFileSync } from 'node:fs';
import { Fault } from '#base/fault';
import { openFileRootKeys } from '../keys/file-root-keys.ts';
import type { RootKeys } from '../keys/root-key.ts';
import { createTokenReader } from '../keys/token-source.ts';
import { openVaultRootKeys } from '../keys/vault-root-keys.ts';
import type { DataDirectory } from './data-directory.ts';
import type { ServeConfig } from './serve-config.ts';

/** The root keys that the configuration names. `create` makes the first one where there is none. @throws Fault `keys.*` */
export async function openRootKeys({ keys }: ServeConfig, data: DataDirectory, create: boolean): Promise<RootKeys> {
  const vault = keys?.vault;
  if (keys?.root !== 'vault' || vault === undefined) return openFileRootKeys({ directory: data.rootKeys, create });
  const { address, mount, key, tokenFile, tokenEnv, ca, namespace } = vault;
  const source = tokenFile === undefined ? environmentOf(tokenEnv) : ({ kind: 'file', path: tokenFile } as const);
  return openVaultRootKeys({
    address,
    key,
    token: createTokenReader(source),
    ...(mount === undefined ? {} : { mount }),
    ...(ca === undefined ? {} : { ca: readFileSync(ca, 'utf8') }),
    ...(namespace === undefined ? {} : { namespace }),
  });
}

function environmentOf(name: string | undefined) {
  if (name === undefined) throw new Fault('config.secret', 'keys.vault: state one of `tokenFile` and `tokenEnv`');
  return { kind: 'environment', name } as const;
}
