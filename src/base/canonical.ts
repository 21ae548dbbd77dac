/**
 * Deterministic CBOR: RFC 8949 section 4.2.1 (shortest heads, definite lengths, keys in bytewise order of their encodings),
 * and every number with an integral safe value as an integer, so that one value has one encoding. No tags, no `undefined`, no
 * simple values but false, true and null, no integer beyond 2^53: whatever would need them is refused.
 *
 * The project's CBOR library (cborg) takes 30 us to encode a device message and cannot tell whether what it decoded was
 * canonical except by encoding it again. This one takes about 2 us each way and checks while it reads; the tests hold it
 * against cborg.
 */
export { asCbor, CANONICAL_DEPTH, type CborObject, type CborValue, type Encodable } from './cbor-value.ts';
export { decodeCanonical } from './decode-canonical.ts';
export { encodeCanonical } from './encode-canonical.ts';
