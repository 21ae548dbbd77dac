import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestEnrolmentToken, makeEnrolmentToken } from '#edge/pki/enrolment-token';

test('a token is known by its digest, however it was typed', () => {
  const { token, digest } = makeEnrolmentToken();
  assert.match(token, /^([0-9a-hjkmnp-tv-z]{4}-){7}[0-9a-hjkmnp-tv-z]{4}$/);
  for (const typed of [
    token,
    token.toUpperCase(),
    token.replaceAll('-', ''),
    token.replaceAll('-', ' '),
    token.replaceAll('0', 'O').replaceAll('1', 'l'),
  ]) {
    assert.deepEqual(digestEnrolmentToken(typed), digest);
  }
  for (const wrong of ['', token.slice(1), `${token}0`, token.replace(/.$/, 'u'), '0'.repeat(100_000)]) {
    assert.equal(digestEnrolmentToken(wrong), undefined);
  }
  const tokens = Array.from({ length: 500 }, () => makeEnrolmentToken().token);
  assert.equal(new Set(tokens).size, 500);
});
