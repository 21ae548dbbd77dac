import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { normalizePassword, unsuitablePassword } from '#assure/access/password-policy';
import { hashPassword, verifyPassword } from '#crypto/password-hash';

const owner = { name: 'ada.root', displayName: 'Ada Root' };
const hash = promisify((password: string, salt: Uint8Array, done: (error: Error | null, value?: string) => void) =>
  hashPassword(password, salt, done),
);
const verify = promisify((password: string, encoded: string, done: (error: Error | null, value?: boolean) => void) =>
  verifyPassword(password, encoded, done),
);

test('length counts, in characters of any script, and the own name does not', () => {
  const suitable = [
    'correct horse battery',
    'ünïcödé wörds',
    '長い長い合言葉はとても良いです',
    'ada.root likes long walks',
  ];
  for (const password of suitable)
    assert.equal(unsuitablePassword(normalizePassword(password), owner), undefined, password);
  const unsuitable = [
    'short',
    'a'.repeat(129),
    'aaaaaaaaaaaaaaaa',
    'ada.root12345',
    'Ada Root Ada!',
    'wardtwin1234',
    '👍👍👍👍',
  ];
  for (const password of unsuitable) {
    const reason = unsuitablePassword(normalizePassword(password), owner);
    assert.equal(typeof reason, 'string', password);
    if (password.length < 100) assert.ok(!reason?.includes(password), 'never repeated');
  }
});

test('a hash verifies its own password and no other, and states its work', async () => {
  const encoded = await hash('correct horse battery', new Uint8Array(16).fill(7));
  assert.match(encoded!, /^\$argon2id\$v=19\$m=65536,t=3,p=4\$/);
  assert.equal(await verify('correct horse battery', encoded!), true);
  assert.equal(await verify('correct horse batterz', encoded!), false);
});

test('argon2id is that of RFC 9106: a hash of the reference implementation verifies', async () => {
  // from the tests of the reference implementation (P-H-C/phc-winner-argon2, test.c): argon2id, t=2, m=2^16, p=1
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await verify('password', reference), true);
  assert.equal(await verify('differentpassword', reference), false);
});

test('a kept hash that asks for too much work, or is none, refuses', async () => {
  const encoded = (await hash('correct horse battery', new Uint8Array(16)))!;
  for (const forged of [
    encoded.replace('m=65536', 'm=9999999'),
    encoded.replace('t=3', 't=99'),
    encoded.replace('p=4', 'p=99'),
    encoded.replace('argon2id', 'argon2i'),
    '',
    'correct horse battery',
  ])
    assert.equal(await verify('correct horse battery', forged), false, forged);
});
