import type { Store, StoredSecret } from '#edge/store/store';
import type { RootKeys } from './root-key.ts';

/**
 * Wraps every secret under the current root key, in one commit: after a failure all are as they were. History itself stays
 * as it is; only the wrappings of the keys that seal it change. The caller must be the store's writer.
 * @returns how many were wrapped under another key before
 * @throws Fault `keys.*`, `store.*`
 */
export async function rewrapAll(store: Store, rootKeys: RootKeys): Promise<number> {
  const outdated = (await store.secrets()).filter(({ rootKeyId }) => rootKeyId !== rootKeys.current);
  const secrets: StoredSecret[] = [];
  for (const secret of outdated) {
    const bytes = await rootKeys.unwrap(secret);
    secrets.push(await rootKeys.wrap(secret.name, bytes));
    bytes.fill(0);
  }
  if (secrets.length === 0) return 0;
  await store.commit({ records: [], blocks: [], checkpoints: [], secrets, destroyed: [], snapshots: [] });
  return secrets.length;
}
