import type { StoredSecret } from '../store/store.ts';

/** Secrets in memory, and those whose change is not yet durable. */
export interface Shelf {
  find(name: string): Uint8Array | undefined;
  names(prefix: string): readonly string[];
  keep(name: string, secret: Uint8Array): void;
  destroy(name: string): void;
  readonly pending: boolean;
  /** Changes since the last time. */
  drain(): { readonly kept: readonly (readonly [string, Uint8Array])[]; readonly destroyed: readonly string[] };
}

/** @throws Fault `keys.wrong-root-key` */
export async function openShelf(
  stored: readonly StoredSecret[],
  unwrap: (secret: StoredSecret) => Promise<Uint8Array>,
): Promise<Shelf> {
  const secrets = new Map<string, Uint8Array>();
  for (const secret of stored) secrets.set(secret.name, await unwrap(secret));
  const kept = new Map<string, Uint8Array>();
  const destroyed = new Set<string>();
  return {
    find: (name) => secrets.get(name),
    names: (prefix) => [...secrets.keys()].filter((name) => name.startsWith(prefix)),
    keep: (name, secret) => {
      secrets.set(name, secret);
      kept.set(name, secret);
      destroyed.delete(name);
    },
    destroy: (name) => {
      secrets.get(name)?.fill(0);
      secrets.delete(name);
      kept.delete(name);
      destroyed.add(name);
    },
    get pending() {
      return kept.size > 0 || destroyed.size > 0;
    },
    drain: () => {
      const drained = { kept: [...kept], destroyed: [...destroyed] };
      kept.clear();
      destroyed.clear();
      return drained;
    },
  };
}
