import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { fromHex, toHex } from '#base/bytes';
import { asCbor, CANONICAL_DEPTH, type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';

const LIMIT = 1 << 20;

// RFC 8949, appendix A: those examples that have no tag, no `undefined`, no bignum and are in the form of section 4.2.1,
// with integral floats left out
const RFC_8949_EXAMPLES: readonly (readonly [CborValue, string])[] = [
  [0, '00'],
  [1, '01'],
  [10, '0a'],
  [23, '17'],
  [24, '1818'],
  [25, '1819'],
  [100, '1864'],
  [1000, '1903e8'],
  [1000000, '1a000f4240'],
  [1000000000000, '1b000000e8d4a51000'],
  [-1, '20'],
  [-10, '29'],
  [-100, '3863'],
  [-1000, '3903e7'],
  [1.1, 'fb3ff199999999999a'],
  [1.5, 'f93e00'],
  [3.4028234663852886e38, 'fa7f7fffff'],
  [1.0e300, 'fb7e37e43c8800759c'],
  [2 ** -24, 'f90001'],
  [0.00006103515625, 'f90400'],
  [-4.1, 'fbc010666666666666'],
  [Number.POSITIVE_INFINITY, 'f97c00'],
  [Number.NaN, 'f97e00'],
  [Number.NEGATIVE_INFINITY, 'f9fc00'],
  [false, 'f4'],
  [true, 'f5'],
  [null, 'f6'],
  [fromHex('01020304'), '4401020304'],
  ['', '60'],
  ['a', '6161'],
  ['IETF', '6449455446'],
  ['"\\', '62225c'],
  ['\u00fc', '62c3bc'],
  ['\u6c34', '63e6b0b4'],
  ['\ud800\udd51', '64f0908591'],
  [[], '80'],
  [[1, 2, 3], '83010203'],
  [[1, [2, 3], [4, 5]], '8301820203820405'],
  [{}, 'a0'],
  [
    new Map([
      [1, 2],
      [3, 4],
    ]),
    'a201020304',
  ],
  [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
  [['a', { b: 'c' }], '826161a161626163'],
];

test('the examples of RFC 8949 appendix A are encoded and decoded', () => {
  for (const [value, hex] of RFC_8949_EXAMPLES) {
    assert.equal(toHex(encodeCanonical(value)), hex);
    assert.deepEqual(decodeCanonical(fromHex(hex), LIMIT), value);
  }
});

const MALFORMED: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['integer not shortest, one byte', '1817'],
  ['integer not shortest, two bytes', '1900ff'],
  ['integer not shortest, four bytes', '1a0000ffff'],
  ['integer not shortest, eight bytes', '1b00000000ffffffff'],
  ['integer beyond 2^53', '1b0020000000000000'],
  ['negative integer beyond 2^53', '3b001fffffffffffff'],
  ['float that is an integer', 'f93c00'],
  ['minus zero', 'f98000'],
  ['single that fits a half', 'fa3fc00000'],
  ['double that fits a single', 'fb47efffffe0000000'],
  ['another NaN', 'f97e01'],
  ['NaN as a single', 'fa7fc00000'],
  ['infinity as a double', 'fb7ff0000000000000'],
  ['undefined', 'f7'],
  ['simple value', 'f0'],
  ['simple value in two bytes', 'f820'],
  ['tag', 'c11a514b67b0'],
  ['indefinite byte string', '5f42010243030405ff'],
  ['indefinite text', '7f657374726561646d696e67ff'],
  ['indefinite array', '9fff'],
  ['indefinite map', 'bf61610161629f0203ffff'],
  ['reserved head', '1c'],
  ['break', 'ff'],
  ['trailing byte', '0000'],
  ['array that is cut', '8301'],
  ['array that claims 2^32 items', '9affffffff'],
  ['text that is cut', '6261'],
  ['text that is not UTF-8', '61ff'],
  ['overlong UTF-8', '62c080'],
  ['surrogate in UTF-8', '63eda080'],
  ['text length not shortest', '780161'],
  ['key twice', 'a2616101616102'],
  ['keys out of order', 'a2616201616102'],
  ['longer key first', 'a262616101616202'],
  ['negative key before positive', 'a220010102'],
  ['array as key', 'a18001'],
  ['float as key', 'a1f93e0001'],
  ['__proto__ as key', 'a1695f5f70726f746f5f5f01'],
  ['value missing', 'a16161'],
];

test('whatever is not the one encoding of a value is refused', () => {
  for (const [what, hex] of MALFORMED) {
    assert.throws(() => decodeCanonical(fromHex(hex), LIMIT), { code: 'cbor.malformed' }, what);
  }
});

test('depth and size are bounded', () => {
  const nested = (depth: number): Uint8Array => fromHex(`${'81'.repeat(depth)}00`);
  assert.doesNotThrow(() => decodeCanonical(nested(CANONICAL_DEPTH), LIMIT));
  assert.throws(() => decodeCanonical(nested(CANONICAL_DEPTH + 1), LIMIT), { code: 'cbor.malformed' });
  assert.throws(() => decodeCanonical(fromHex('4401020304'), 4), { code: 'cbor.malformed' });
  let deep: CborValue = 0;
  for (let depth = 0; depth <= CANONICAL_DEPTH; depth += 1) deep = [deep];
  assert.throws(() => encodeCanonical(deep), { code: 'cbor.unencodable' });
});

test('what has no encoding is refused, not replaced', () => {
  assert.throws(() => encodeCanonical('\ud800'), { code: 'cbor.unencodable' });
  assert.throws(() => encodeCanonical(new Map([[1.5, 1]])), { code: 'cbor.unencodable' });
  assert.throws(() => encodeCanonical(1n as unknown as CborValue), { code: 'cbor.unencodable' });
  // The decoder refuses it, so a record with it could never be read again.
  assert.throws(() => encodeCanonical({ ['__proto__']: 1 }), { code: 'cbor.unencodable' });
  assert.throws(() => encodeCanonical(new Map([['__proto__', 1]])), { code: 'cbor.unencodable' });
});

test('a member that is undefined is absent, and an interface is a value', () => {
  interface Point {
    readonly x: number;
    readonly label?: string | undefined;
  }
  const point: Point = { x: 1, label: undefined };
  assert.deepEqual(decodeCanonical(encodeCanonical(asCbor(point)), LIMIT), { x: 1 });
});

test('a leading byte order mark is kept', () => {
  assert.equal(decodeCanonical(encodeCanonical('\ufeffa'), LIMIT), '\ufeffa');
});

const scalar = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -70_000, max: 70_000 }),
  fc.double(),
  fc.float(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed()),
  fc.uint8Array({ maxLength: 40 }),
);

const value = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .dictionary(
        fc.string({ unit: 'binary', maxLength: 30 }).filter((key) => key.isWellFormed() && key !== '__proto__'),
        tie('value'),
        { maxKeys: 6, noNullPrototype: true },
      )
      .map((object) => object as CborValue),
    fc
      .uniqueArray(fc.tuple(fc.integer({ min: -300, max: 300 }), tie('value')), {
        selector: ([key]) => key,
        minLength: 1,
        maxLength: 6,
      })
      .map((entries) => new Map(entries) as CborValue),
  ),
})).value;

test('decoding inverts encoding, up to the sign of zero', () => {
  fc.assert(
    fc.property(value, (original) => {
      const bytes = encodeCanonical(original);
      const decoded = decodeCanonical(bytes, LIMIT);
      assert.deepEqual(encodeCanonical(decoded), bytes);
      assert.deepEqual(withoutMinusZero(decoded), withoutMinusZero(original));
    }),
    { numRuns: 400 },
  );
});

function withoutMinusZero(original: CborValue): unknown {
  if (typeof original === 'number') return original === 0 ? 0 : original;
  if (typeof original !== 'object' || original === null || original instanceof Uint8Array) return original;
  if (Array.isArray(original)) return original.map(withoutMinusZero);
  if (original instanceof Map) {
    return new Map(
      [...original].sort(([a], [b]) => Number(a) - Number(b)).map(([key, item]) => [key, withoutMinusZero(item)]),
    );
  }
  return Object.fromEntries(Object.entries(original as object).map(([key, item]) => [key, withoutMinusZero(item)]));
}

test('an independent encoder gives the same bytes', () => {
  fc.assert(
    fc.property(value, (original) => {
      const theirs = encode(original, { ...rfc8949EncodeOptions, float64: false });
      assert.equal(toHex(encodeCanonical(original)), toHex(theirs));
    }),
    { numRuns: 400 },
  );
});

test('what is accepted encodes to the bytes that were read, whatever the bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    // near misses: one byte of a canonical encoding changed
    fc.tuple(value, fc.nat(), fc.nat({ max: 255 })).map(([original, position, byte]) => {
      const encoding = encodeCanonical(original);
      encoding[position % encoding.length] = byte;
      return encoding;
    }),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      let decoded: CborValue;
      try {
        decoded = decodeCanonical(input, LIMIT);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'cbor.malformed');
        return;
      }
      assert.equal(toHex(encodeCanonical(decoded)), toHex(input));
      assert.doesNotThrow(() => decode(input, { useMaps: true, strict: true, rejectDuplicateMapKeys: true }));
    }),
    { numRuns: 1500 },
  );
});
