import type { StoredSecret } from '#edge/store/store';

/** Names one root key, or one version of it. Public: it stands beside every secret that it wraps. */
export type RootKeyId = string;

/**
 * Wraps the keys that seal history, so that a copy of the store alone opens nothing. The root key itself never leaves its
 * holder: a protected folder (`file-root-keys.ts`), a Vault (`vault-root-keys.ts`) or a PKCS#11 token (`pkcs11-root-keys.ts`).
 */
export interface RootKeys {
  /** The key that `wrap` uses. */
  readonly current: RootKeyId;
  /** Wraps `secret` under the current root key. The name is bound into it. @throws Fault `keys.unavailable` */
  wrap(name: string, secret: Uint8Array): Promise<StoredSecret>;
  /**
   * @throws Fault `keys.wrong-root-key` when the root key that wrapped it is not there, or the wrapping was changed or moved
   * to another name; `keys.unavailable`
   */
  unwrap(secret: StoredSecret): Promise<Uint8Array>;
  /** Makes a new current root key; the others still unwrap. @throws Fault `keys.unavailable` */
  rotate(): Promise<RootKeyId>;
}
