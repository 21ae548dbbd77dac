import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createCosigner, formatCosignatureKey } from '#crypto/cosignature';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, formatVerifierKey } from '#crypto/signed-note';
import { openDataDirectory } from '#edge/serve/data-directory';
import { configFaults, readSecretFile, readServeConfig, type ServeConfig } from '#edge/serve/serve-config';

const folder = mkdtempSync(join(tmpdir(), 'wardtwin-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const WITNESS_KEY = formatCosignatureKey(
  createCosigner('witness.example/w1', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(3))).verifier,
);
const LOG_KEY = formatVerifierKey(
  createNoteSigner('ward.example', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(3))).verifier,
);
const witness = (url: string, key = WITNESS_KEY) => ({ url, key });

const SOUND: readonly ServeConfig[] = [
  {},
  { http: { host: '127.0.0.1', port: 0 }, mqtt: { port: 0 } },
  { names: ['ward.example'], http: { host: '0.0.0.0' } },
  { store: 'postgres://ward@127.0.0.1/ward' },
  { store: 'postgres://ward@db.example/ward?sslmode=verify-full' },
  { keys: { root: 'pkcs11', pkcs11: { module: 'm.so', token: 'ward', pinEnv: 'PIN' } } },
  { mqtt: { broker: 'mqtts://broker.example', certificate: 'c', key: 'k' } },
  { witnesses: [witness('https://witness.example/log')], witnessEveryMin: 1 },
  { witnesses: [witness('http://127.0.0.1:8444')] },
  { witnesses: [witness('http://[::1]:8444')] },
];

const WEAK: readonly (readonly [string, ServeConfig])[] = [
  ['/http/host', { http: { host: '0.0.0.0' } }],
  ['/metrics/host', { metrics: { host: '0.0.0.0', port: 9090 } }],
  ['/addresses/0', { addresses: ['ward.example'] }],
  ['/mqtt/broker', { mqtt: { broker: 'mqtt://broker.example', username: 'u', passwordFile: 'p' } }],
  ['/mqtt', { mqtt: { broker: 'mqtts://broker.example' } }],
  ['/mqtt', { mqtt: { broker: 'mqtts://broker.example', certificate: 'c' } }],
  ['/mqtt', { mqtt: { broker: 'mqtts://broker.example', certificate: 'c', key: 'k', port: 1 } }],
  ['/mqtt', { mqtt: { ca: 'file' } }],
  ['/keys', { keys: { root: 'vault' } }],
  ['/keys/root', { keys: { vault: { address: 'https://v', key: 'k', tokenFile: 't' } } }],
  ['/keys/vault', { keys: { root: 'vault', vault: { address: 'https://v', key: 'k' } } }],
  ['/keys', { keys: { root: 'pkcs11' } }],
  ['/keys/root', { keys: { pkcs11: { module: 'm.so', token: 't', pinFile: 'p' } } }],
  ['/keys/pkcs11', { keys: { root: 'pkcs11', pkcs11: { module: 'm.so', token: 't' } } }],
  ['/oidc', { oidc: { issuer: 'https://i', clientId: 'c' } }],
  ['/sessions/idleMin', { sessions: { idleMin: 120, absoluteHours: 1 } }],
  ['/store', { store: '/somewhere/else.sqlite' }],
  ['/store', { store: 'postgres://ward@db.example/ward' }],
  ['/http/host', { http: { host: '127.0.0.1.example' } }],
  ['/witnesses/0/url', { witnesses: [witness('http://witness.example')] }],
  ['/witnesses/0/url', { witnesses: [witness('http://127.0.0.1.example')] }],
  ['/witnesses/0/url', { witnesses: [witness('https://name:password@witness.example')] }],
  ['/witnesses/0/ca', { witnesses: [{ ...witness('http://127.0.0.1'), ca: 'file' }] }],
  ['/witnesses/0/key', { witnesses: [witness('https://witness.example', 'a key')] }],
  ['/witnesses/0/key', { witnesses: [witness('https://witness.example', LOG_KEY)] }],
  ['/witnesses/1/key', { witnesses: [witness('https://w1.example'), witness('https://w2.example')] }],
  ['/witnessEveryMin', { witnessEveryMin: 5 }],
];

test('sound configurations have no faults', () => {
  for (const config of SOUND) assert.deepEqual(configFaults(config), [], JSON.stringify(config));
});

test('weak_refuses: what is weak or contradicts itself is told where it stands, with what would be right', () => {
  for (const [pointer, config] of WEAK) {
    const faults = configFaults(config);
    assert.ok(
      faults.some((fault) => fault.pointer === pointer && fault.message.length > 20),
      `${pointer}: ${JSON.stringify(faults)}`,
    );
  }
});

test('a file is judged by line, and its paths are taken from its own folder', () => {
  const path = join(folder, 'wardtwin.yaml');
  writeFileSync(path, 'names: [ward.example]\nhttp:\n  prt: 8443\n');
  assert.throws(() => readServeConfig(path), /wardtwin\.yaml:3/);
  writeFileSync(path, 'mqtt:\n  broker: mqtts://b.example\n  certificate: c.pem\n  key: k.pem\n');
  assert.equal(readServeConfig(path).mqtt?.key, join(folder, 'k.pem'));
  writeFileSync(path, `witnesses:\n  - url: https://w.example\n    key: ${WITNESS_KEY}\n    ca: w.pem\n`);
  assert.equal(readServeConfig(path).witnesses?.[0]?.ca, join(folder, 'w.pem'));
});

test('secrets_stay_private: a file that others can read is refused, with the command that mends it', () => {
  const path = join(folder, 'secret');
  writeFileSync(path, 'a secret of some length\n', { mode: 0o644 });
  assert.throws(() => readSecretFile(path), /chmod 600/);
  chmodSync(path, 0o600);
  assert.equal(readSecretFile(path), 'a secret of some length');
  const config = join(folder, 'with-password.yaml');
  writeFileSync(config, 'store: postgres://ward:secret@127.0.0.1/ward\n', { mode: 0o644 });
  assert.throws(() => readServeConfig(config), /chmod 600/);
});

test('a data directory that others can look into is refused', () => {
  const path = join(folder, 'data');
  mkdirSync(path, { mode: 0o755 });
  assert.throws(() => openDataDirectory(path), { code: 'data.directory' });
  chmodSync(path, 0o700);
  const data = openDataDirectory(path);
  data.epochs.keep(7);
  assert.equal(openDataDirectory(path).epochs.last(), 7);
});
