import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TOTP_STEP, totpCode, totpStepOf, totpUri, verifyTotp } from '#assure/access/totp';
import { utf8 } from '#base/bytes';

const SECRET = utf8('12345678901234567890');

test('the vectors of RFC 6238, appendix B, for SHA-1', () => {
  const vectors: readonly (readonly [seconds: number, code: string])[] = [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ];
  for (const [seconds, code] of vectors) assert.equal(totpCode(SECRET, totpStepOf(seconds * 1_000), 8), code);
});

test('the vectors of RFC 4226, appendix D', () => {
  const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];
  assert.deepEqual(
    codes.map((_, counter) => totpCode(SECRET, counter)),
    codes,
  );
});

test('a clock may be one step off, and no more', () => {
  const now = 1_760_000_000_000;
  const step = totpStepOf(now);
  for (const off of [-2, -1, 0, 1, 2]) {
    const found = verifyTotp(SECRET, totpCode(SECRET, step + off), now, 0);
    assert.equal(found, Math.abs(off) <= 1 ? step + off : undefined);
  }
});

test('no_code_twice: a step that was accepted is never accepted again, nor one before it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ pass: fc.nat({ max: 90_000 }), off: fc.integer({ min: -1, max: 1 }) })),
      (tries) => {
        let now = 1_760_000_000_000;
        let last = 0;
        for (const { pass, off } of tries) {
          now += pass;
          const found = verifyTotp(SECRET, totpCode(SECRET, totpStepOf(now) + off), now, last);
          if (found === undefined) continue;
          assert.ok(found > last);
          last = found;
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('what is no code is refused', () => {
  const now = 1_760_000_000_000;
  for (const code of ['', '12345', '1234567', 'abcdef', '１２３４５６'])
    assert.equal(verifyTotp(SECRET, code, now, 0), undefined);
  assert.equal(TOTP_STEP, 30_000);
});

test('the URI holds what an authenticator application needs', () => {
  const uri = new URL(totpUri(SECRET, 'Wardtwin', 'ada@ward'));
  assert.equal(uri.searchParams.get('secret'), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  assert.equal(uri.searchParams.get('issuer'), 'Wardtwin');
});
