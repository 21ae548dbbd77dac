import { join } from 'node:path';
import { type FileRootKeys, openFileRootKeys } from '#edge/keys/file-root-keys';
import { rewrapAll } from '#edge/keys/rewrap-all';
import { openRootKeys as openRootKeysOf } from '#edge/serve/open-root-keys';
import { readServeConfig } from '#edge/serve/serve-config';
import type { StoredSecret } from '#edge/store/store';
import type { ConfigOption, FormatOption, SourceOptions } from './history-options.ts';
import { withStore } from './history-source.ts';
import { asJson } from './output.ts';

export async function listKeys(options: SourceOptions & FormatOption): Promise<void> {
  const rootKeys = await openRootKeys(options);
  const secrets = await withStore(options, 'reading', (store) => store.secrets());
  const entries = rootKeys.ids.map((id) => ({ id, isCurrent: id === rootKeys.current, secrets: used(secrets, id) }));
  const lines = entries.map(
    ({ id, isCurrent, secrets: wraps }) => `${id} ${wraps} secrets${isCurrent ? ', current' : ''}`,
  );
  process.stdout.write(options.format === 'json' ? asJson(entries) : `${lines.join('\n')}\n`);
}

/** Also where a Vault or a token keeps the root key: then the configuration says so. */
export async function rotateKeys({ config: path, ...options }: SourceOptions & ConfigOption): Promise<void> {
  const config = path === undefined ? {} : readServeConfig(path);
  const stated = config.store === undefined ? options : { store: config.store, ...options };
  const isInFolder = (config.keys?.root ?? 'file') === 'file';
  await withStore(stated, 'writing', async (store) => {
    const rootKeys = await openRootKeysOf(config, { rootKeys: join(options.data, 'root-keys') }, false);
    const before = rootKeys.current;
    const current = await rootKeys.rotate();
    const rewrapped = await rewrapAll(store, rootKeys);
    console.log(`${current} is current; ${rewrapped} secrets were wrapped anew, history was left as it is`);
    const how = isInFolder ? `\`npx wardtwin keys retire ${before}\` deletes it for good` : 'its keeper deletes it';
    console.log(`${before} is kept for backups of before; ${how}`);
  });
}

export async function retireKey(id: string, options: SourceOptions): Promise<void> {
  // the writer's lock: nothing is wrapped under it meanwhile
  await withStore(options, 'writing', async (store) => {
    await (await openRootKeys(options)).retire(id, await store.secrets());
  });
  console.log(`${id} is deleted`);
}

const openRootKeys = ({ data }: SourceOptions): Promise<FileRootKeys> =>
  openFileRootKeys({ directory: join(data, 'root-keys'), create: false });

const used = (secrets: readonly StoredSecret[], id: string): number =>
  secrets.filter(({ rootKeyId }) => rootKeyId === id).length;
