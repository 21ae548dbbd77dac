/**
 * Where the certificate authority keeps its private keys. Whoever implements it wraps them under a root key and makes them
 * durable before `keep` resolves; a secret of the same name is replaced whole or not at all.
 */
export interface SecretBox {
  load(name: string): Promise<Uint8Array | undefined>;
  keep(name: string, secret: Uint8Array): Promise<void>;
}
