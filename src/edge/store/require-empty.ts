import { Fault } from '#base/fault';
import type { Store } from './store.ts';

/** That a store holds nothing which a restored backup would take the place of. @throws Fault `store.not-empty` */
export async function requireEmpty(store: Store, location: string): Promise<void> {
  const holds =
    (await store.size()) > 0 ||
    (await store.secrets()).length > 0 ||
    (await store.snapshots()).length > 0 ||
    (await store.checkpointsAfter(undefined, 1)).length > 0;
  if (!holds) return;
  throw new Fault('store.not-empty', `restore: \`${location}\` holds a history; name a new place`, { location });
}
