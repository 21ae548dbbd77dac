import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { utf8 } from '#base/bytes';
import { createTokenReader } from '#edge/keys/token-source';
import { openVaultRootKeys } from '#edge/keys/vault-root-keys';
import { lacking, testWith } from '../../external-programs.ts';
import { temporaryFolder } from '../store/engine.ts';
import { startTransitServer } from './transit-server.ts';

const test = testWith('openssl');
const server = lacking('openssl') === false ? await startTransitServer('ward') : undefined;
after(() => server?.close());
const { address, ca } = server ?? { address: '', ca: '' };
const options = { address, ca, key: 'ward', token: () => 'hvs.test' };
const SECRET = utf8('32 bytes that open a history ...');

test('what was wrapped is unwrapped, and under no other name', async () => {
  const keys = await openVaultRootKeys(options);
  assert.equal(keys.current, 'transit/ward/v1');
  const wrapped = await keys.wrap('patient-1', SECRET);
  assert.equal(wrapped.rootKeyId, 'transit/ward/v1');
  assert.ok(!Buffer.from(wrapped.wrapped).includes(Buffer.from(SECRET)));
  assert.deepEqual(await keys.unwrap(wrapped), SECRET);
  for (const wrong of [
    { ...wrapped, name: 'patient-2' },
    { ...wrapped, rootKeyId: 'transit/ward/v2' },
    { ...wrapped, rootKeyId: 'transit/other/v1' },
    { ...wrapped, wrapped: utf8(`vault:v1:${new Uint8Array(60).toBase64()}`) },
    { ...wrapped, wrapped: Uint8Array.of(0xff, 0xfe) },
  ]) {
    await assert.rejects(keys.unwrap(wrong), { code: 'keys.wrong-root-key' });
  }
});

test('after a rotation new secrets are wrapped under the new version and old ones still unwrap', async () => {
  const keys = await openVaultRootKeys(options);
  const old = await keys.wrap('patient-1', SECRET);
  const before = keys.current;
  assert.notEqual(await keys.rotate(), before);
  assert.equal((await keys.wrap('patient-1', SECRET)).rootKeyId, keys.current);
  assert.deepEqual(await keys.unwrap(old), SECRET);
});

test('a refusal, an outage and a server that is not the right one are told apart, without the token', async () => {
  const keys = await openVaultRootKeys({ ...options });
  const token = 'hvs.another-secret-token';
  await assert.rejects(
    openVaultRootKeys({ ...options, token: () => token }),
    (error: Error & { code: string }) => error.code === 'keys.refused' && !error.message.includes(token),
  );
  server!.outage = 503;
  await assert.rejects(keys.wrap('a', SECRET), { code: 'keys.unavailable' });
  server!.outage = undefined;
  assert.deepEqual(await keys.unwrap(await keys.wrap('a', SECRET)), SECRET);
  const { ca: _, ...withoutCa } = options;
  await assert.rejects(openVaultRootKeys(withoutCa), { code: 'keys.unavailable' });
  await assert.rejects(openVaultRootKeys({ ...options, address: 'https://127.0.0.1:1' }), { code: 'keys.unavailable' });
  await assert.rejects(openVaultRootKeys({ ...options, address: address.replace('https', 'http') }), {
    code: 'keys.location',
  });
  await assert.rejects(openVaultRootKeys({ ...options, key: '../../sys/seal' }), { code: 'keys.location' });
  await assert.rejects(openVaultRootKeys({ ...options, key: 'other' }), { code: 'keys.refused' });
});

test('a transit key that does not authenticate is refused', async () => {
  const other = await startTransitServer('ward', 'rsa-2048');
  try {
    const opened = openVaultRootKeys({ ...options, address: other.address, ca: other.ca });
    await assert.rejects(opened, { code: 'keys.unsuitable' });
  } finally {
    await other.close();
  }
});

test('a token is read anew each time, from a file or the environment, and never shown', () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'token');
  const read = createTokenReader({ kind: 'file', path });
  assert.throws(read, { code: 'keys.no-token' });
  writeFileSync(path, 'first\n', { mode: 0o640 });
  assert.throws(read, { code: 'keys.exposed' });
  chmodSync(path, 0o600);
  assert.equal(read(), 'first');
  writeFileSync(path, 'second\n');
  assert.equal(read(), 'second');
  writeFileSync(path, 'two words\nX-Header: 1');
  assert.throws(read, (error: Error) => !error.message.includes('words'));
  folder.remove();
  process.env['WARDTWIN_TEST_TOKEN'] = 'third';
  assert.equal(createTokenReader({ kind: 'environment', name: 'WARDTWIN_TEST_TOKEN' })(), 'third');
  delete process.env['WARDTWIN_TEST_TOKEN'];
});
