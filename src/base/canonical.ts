/** What canonical CBOR can hold here. Maps with string keys are objects; maps with integer keys are `Map`s. */
export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue | undefined }
  | ReadonlyMap<number, CborValue>;
