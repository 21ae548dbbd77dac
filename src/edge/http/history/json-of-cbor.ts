import type { CborObject, CborValue } from '#base/canonical';

/** A record's body as JSON can hold it: bytes as `{ "base64url": ... }`, maps with other keys as lists of pairs. */
export function jsonOfCbor(value: CborValue | undefined): unknown {
  if (value instanceof Uint8Array) return { base64url: value.toBase64({ alphabet: 'base64url', omitPadding: true }) };
  if (Array.isArray(value)) return value.map(jsonOfCbor);
  if (value instanceof Map) return [...value].map(([key, held]) => [key, jsonOfCbor(held as CborValue)]);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value as CborObject).map(([name, held]) => [name, jsonOfCbor(held)]));
}
