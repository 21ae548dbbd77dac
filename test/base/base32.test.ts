import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base32 } from '#base/base32';
import { utf8 } from '#base/bytes';

test('base32 as in RFC 4648, section 10, without padding', () => {
  const vectors = {
    '': '',
    f: 'MY',
    fo: 'MZXQ',
    foo: 'MZXW6',
    foob: 'MZXW6YQ',
    fooba: 'MZXW6YTB',
    foobar: 'MZXW6YTBOI',
  };
  for (const [text, encoded] of Object.entries(vectors)) assert.equal(base32(utf8(text)), encoded);
});
