import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PRIVATE, PUBLIC, replaceFile } from '#edge/machine/durable-file';

const folder = mkdtempSync(join(tmpdir(), 'wardtwin-durable-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a file is replaced as a whole, and nothing is left beside it', () => {
  const path = join(folder, 'address');
  replaceFile(path, 'https://ward.example:8443\n', PUBLIC);
  replaceFile(path, 'short\n', PUBLIC);
  assert.equal(readFileSync(path, 'utf8'), 'short\n');
  assert.deepEqual(readdirSync(folder), ['address']);
});

test('a draft that a crash left open to others does not open the secret that replaces it', () => {
  const path = join(folder, 'secret');
  writeFileSync(`${path}.new`, 'half a sec');
  chmodSync(`${path}.new`, 0o666);
  replaceFile(path, new Uint8Array([1, 2, 3]), PRIVATE);
  assert.equal(statSync(path).mode & 0o777, PRIVATE);
  assert.deepEqual(new Uint8Array(readFileSync(path)), new Uint8Array([1, 2, 3]));
});

test('what cannot be written leaves the old file', () => {
  const path = join(folder, 'kept');
  replaceFile(path, 'old', PUBLIC);
  assert.throws(() => replaceFile(join(path, 'below-a-file'), 'new', PUBLIC), { code: 'ENOTDIR' });
  assert.equal(readFileSync(path, 'utf8'), 'old');
});
