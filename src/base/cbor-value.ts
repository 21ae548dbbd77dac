/** What canonical CBOR can hold here. Maps with only text keys are objects, others are `Map`s. */
export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | CborObject
  | ReadonlyMap<number | string, CborValue>;

/** A map whose keys are all text. A member that is undefined is not encoded. */
export interface CborObject {
  readonly [key: string]: CborValue | undefined;
}

/** `T` if all of it can be encoded, with `never` in the place of what cannot. */
export type Encodable<T> = T extends number | string | boolean | null | undefined | Uint8Array
  ? T
  : T extends (...values: never) => unknown
    ? never
    : T extends ReadonlyMap<number | string, CborValue>
      ? T
      : { readonly [K in keyof T]: Encodable<T[K]> };

/** The same value as a `CborValue`: an interface has no index signature, which is all that keeps it from being one. */
export const asCbor = <T extends object>(value: T & Encodable<T>): CborValue => value as unknown as CborValue;

/** Nesting of arrays and maps that is still read. */
export const CANONICAL_DEPTH = 16;
