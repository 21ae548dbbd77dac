import type { CborObject } from '#base/canonical';
import type { RootKeyId } from '../keys/root-key.ts';
import type { Store, StoredSecret } from '../store/store.ts';
import { readStored } from './stored-history.ts';
import type { SubjectSecrets } from './subject-secrets.ts';

/** The root keys that wrap the secrets of a store, sorted; of one without secrets yet, the key that will. */
export function wrappingKeys(secrets: readonly StoredSecret[], current: RootKeyId): readonly RootKeyId[] {
  const ids = new Set(secrets.map(({ rootKeyId }) => rootKeyId));
  return ids.size === 0 ? [current] : [...ids].toSorted();
}

/**
 * The root key that all secrets were wrapped under since the last opening, or undefined. Rotation works on the store while no
 * platform writes history, so it is the next opening that tells of it. `wrapping`: the keys that wrap now.
 */
export async function rewrappedUnder(
  store: Store,
  keys: SubjectSecrets,
  wrapping: readonly RootKeyId[],
): Promise<RootKeyId | undefined> {
  const [sole, ...others] = wrapping;
  if (sole === undefined || others.length > 0) return undefined;
  const [last] = await store.find({ kinds: ['HistoryOpened'], limit: 1, descending: true });
  const found = last && readStored(last, keys);
  if (found?.kind !== 'read') return undefined;
  const { rootKeys: before } = found.record.body as CborObject;
  const isKnown = Array.isArray(before) && before.length > 0;
  return isKnown && !(before.length === 1 && before[0] === sole) ? sole : undefined;
}
