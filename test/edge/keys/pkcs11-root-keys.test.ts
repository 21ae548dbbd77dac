import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { utf8 } from '#base/bytes';
import { openPkcs11RootKeys, type Pkcs11RootKeysOptions } from '#edge/keys/pkcs11-root-keys';
import { openDataDirectory } from '#edge/serve/data-directory';
import { openRootKeys } from '#edge/serve/open-root-keys';
import { createSoftHsm, softHsmSkipReason } from './soft-hsm.ts';

const skip = softHsmSkipReason();
const SECRET = utf8('32 bytes that open a history ...');
let hsm: ReturnType<typeof createSoftHsm>;
const options = (more: Partial<Pkcs11RootKeysOptions> = {}): Pkcs11RootKeysOptions => {
  const { module, token, pin } = hsm;
  return { module, token, pin: () => pin, key: 'root', create: true, ...more };
};
before(() => {
  if (skip === false) hsm = createSoftHsm();
});
after(() => hsm?.remove());

test('the first start makes one key in the token, and the next finds it', { skip }, async () => {
  await assert.rejects(openPkcs11RootKeys(options({ create: false })), { code: 'keys.absent' });
  const first = await openPkcs11RootKeys(options());
  assert.equal(first.current, 'pkcs11/root/v1');
  const wrapped = await first.wrap('patient-1', SECRET);
  assert.ok(!Buffer.from(wrapped.wrapped).includes(Buffer.from(SECRET)));
  const second = await openPkcs11RootKeys(options({ create: false }));
  assert.deepEqual(await second.unwrap(wrapped), SECRET);
});

test('changed_wrapping_never_opens: any byte, another name, another key', { skip }, async () => {
  const keys = await openPkcs11RootKeys(options());
  const wrapped = await keys.wrap('patient-1', SECRET);
  for (let index = 0; index < wrapped.wrapped.length; index += 1) {
    const changed = wrapped.wrapped.slice();
    changed[index]! ^= 1;
    await assert.rejects(keys.unwrap({ ...wrapped, wrapped: changed }), { code: 'keys.wrong-root-key' });
  }
  const other = await openPkcs11RootKeys(options({ key: 'other' }));
  for (const wrong of [
    { ...wrapped, name: 'patient-2' },
    { ...wrapped, rootKeyId: 'pkcs11/root/v7' },
    { ...wrapped, rootKeyId: 'pkcs11/root/v' },
  ]) {
    await assert.rejects(keys.unwrap(wrong), { code: 'keys.wrong-root-key' });
    await assert.rejects(other.unwrap(wrong), { code: 'keys.wrong-root-key' });
  }
  await assert.rejects(other.unwrap({ ...wrapped, rootKeyId: other.current }), { code: 'keys.wrong-root-key' });
});

test('after a rotation new secrets are wrapped under the new key and old ones still unwrap', { skip }, async () => {
  const keys = await openPkcs11RootKeys(options({ key: 'turning' }));
  const old = await keys.wrap('patient-1', SECRET);
  assert.equal(await keys.rotate(), 'pkcs11/turning/v2');
  const renewed = await keys.wrap('patient-1', SECRET);
  assert.equal(renewed.rootKeyId, 'pkcs11/turning/v2');
  const again = await openPkcs11RootKeys(options({ key: 'turning' }));
  for (const wrapped of [old, renewed]) assert.deepEqual(await again.unwrap(wrapped), SECRET);
});

test('a wrong PIN, no token, no module and no tool are told apart, without the PIN', { skip }, async () => {
  const refusals: readonly (readonly [Partial<Pkcs11RootKeysOptions>, string])[] = [
    [{ pin: () => 'not-the-pin' }, 'keys.refused'],
    [{ token: 'nobody' }, 'keys.unavailable'],
    [{ module: '/nonexistent.so' }, 'keys.unavailable'],
    [{ tool: 'no-such-tool' }, 'keys.unavailable'],
    [{ key: '--login' }, 'keys.location'],
  ];
  for (const [change, code] of refusals) {
    await assert.rejects(
      openPkcs11RootKeys(options(change)),
      (error: Error & { code: string }) => error.code === code && !/not-the-pin|246813/.test(error.message),
    );
  }
});

test('never_an_argument: whoever lists processes sees neither PIN nor secret', { skip }, async () => {
  const spy = join(hsm.folder, 'spy');
  const seen = join(hsm.folder, 'seen');
  writeFileSync(spy, `#!/bin/sh\nprintf '%s\\n' "$*" >> '${seen}'\nexec pkcs11-tool "$@"\n`);
  chmodSync(spy, 0o700);
  const keys = await openPkcs11RootKeys(options({ tool: spy }));
  const wrapped = await keys.wrap('patient-1', SECRET);
  for (let turn = 0; turn < 50; turn += 1) assert.deepEqual(await keys.unwrap(wrapped), SECRET);
  const lines = readFileSync(seen, 'utf8').trim().split('\n');
  assert.ok(lines.some((line) => line.includes('SHA256-HMAC')));
  assert.ok(lines.every((line) => !line.includes(hsm.pin)));
  // the token is asked once for what opens thousands
  assert.equal(lines.filter((line) => line.includes('--sign')).length, 1);
});

test('a platform starts on a token, and not without it', { skip }, async () => {
  const pinFile = join(hsm.folder, 'pin');
  writeFileSync(pinFile, `${hsm.pin}\n`, { mode: 0o600 });
  const { module, token } = hsm;
  const config = { keys: { root: 'pkcs11', pkcs11: { module, token, key: 'served', pinFile } } } as const;
  const data = openDataDirectory(join(hsm.folder, 'data'));
  const first = await openRootKeys(config, data, true);
  const wrapped = await first.wrap('patient-1', SECRET);
  assert.deepEqual(await (await openRootKeys(config, data, false)).unwrap(wrapped), SECRET);
  chmodSync(pinFile, 0o644);
  await assert.rejects(openRootKeys(config, data, false), { code: 'keys.exposed' });
  const elsewhere = { keys: { ...config.keys, pkcs11: { ...config.keys.pkcs11, key: 'elsewhere' } } };
  chmodSync(pinFile, 0o600);
  await assert.rejects(openRootKeys(elsewhere, data, false), { code: 'keys.absent' });
});
