import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import { DAY, HOUR } from '#base/time';
import { type CertificateAuthority, DEVICE_LIFETIME, openCertificateAuthority } from '#edge/pki/certificate-authority';
import { type CertificateRequest, readCertificateRequest } from '#edge/pki/certificate-request';
import { fromBase64Lines } from '#edge/pki/pem';
import { makeSerialNumber } from '#edge/pki/serial-number';
import { testWith } from '../../external-programs.ts';
import { createSteppedClock, temporaryDirectory } from './enrolment-server.ts';
import { createMemorySecrets } from './memory-desk.ts';
import { run, shell } from './shell.ts';

const test = testWith('bash', 'openssl');

async function openWard(context: TestContext, options: { deviceLifetime?: number; publicOrigin?: string } = {}) {
  const secrets = createMemorySecrets();
  const clock = createSteppedClock();
  const open = () => openCertificateAuthority({ secrets, clock, ...options });
  const directory = temporaryDirectory(context);
  const authority = await open();
  const write = (name: string, text: string | Uint8Array): void => writeFileSync(join(directory, name), text);
  write('root.pem', authority.root);
  return { secrets, clock, open, directory, authority, write };
}

async function requestOf(directory: string): Promise<CertificateRequest> {
  const make =
    'openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout x.key -subj /CN=ignored -outform DER';
  const text = await run(directory, `${make} | openssl base64`);
  return readCertificateRequest(fromBase64Lines(text) as Uint8Array);
}

const writeAuthorities = (authority: CertificateAuthority, write: (name: string, text: string) => void): void =>
  write('authorities.pem', authority.authorities().join(''));

test('each certificate serves one purpose, and no more', async (context) => {
  const { directory, authority, write } = await openWard(context);
  const device = await authority.issueDevice({ thing: 'pump-1', csr: await requestOf(directory) });
  const server = await authority.issueServer({ names: ['ward.example'], addresses: ['10.0.0.1', 'fd00::1'] });
  writeAuthorities(authority, write);
  write('device.pem', device.certificate);
  write('server.pem', server.certificate);
  const verify = (options: string) =>
    shell(directory, `openssl verify -x509_strict -CAfile root.pem -untrusted authorities.pem ${options}`);
  assert.equal((await verify('-purpose sslclient device.pem')).code, 0);
  assert.equal((await verify('-purpose sslserver -verify_hostname ward.example server.pem')).code, 0);
  assert.equal((await verify('-purpose sslserver -verify_ip fd00::1 server.pem')).code, 0);
  assert.notEqual((await verify('-purpose sslserver device.pem')).code, 0);
  assert.notEqual((await verify('-purpose sslclient server.pem')).code, 0);
  assert.notEqual((await verify('-purpose sslserver -verify_hostname other.example server.pem')).code, 0);
  write('issuing.pem', device.issuer);
  assert.match(
    await run(directory, 'openssl x509 -in issuing.pem -text -noout'),
    /Basic Constraints: critical\s+CA:TRUE, pathlen:0/,
  );
  assert.match(
    await run(directory, 'openssl x509 -in root.pem -text -noout'),
    /Basic Constraints: critical\s+CA:TRUE, pathlen:1/,
  );
});

test('a device is named by the authority: what its request says counts for nothing', async (context) => {
  const { directory, authority, write } = await openWard(context, { publicOrigin: 'https://ward.example' });
  const csr = await requestOf(directory);
  write('device.pem', (await authority.issueDevice({ thing: 'pump-1', csr })).certificate);
  const text = await run(directory, 'openssl x509 -in device.pem -text -noout');
  assert.match(text, /Subject: CN = pump-1/);
  assert.match(text, /URI:https:\/\/ward\.example\/\.well-known\/wardtwin\/ca\.crl/);
  assert.doesNotMatch(text, /ignored/);
  await assert.rejects(authority.issueDevice({ thing: 'Pump 1', csr }), { code: 'thing-id.malformed' });
});

test('the authority is made once: it is opened again with the same root and goes on signing', async (context) => {
  const { secrets, open, authority } = await openWard(context);
  assert.deepEqual([...secrets.kept.keys()].sort(), ['pki/issuing', 'pki/root']);
  const before = secrets.hex();
  const again = await open();
  assert.equal(again.root, authority.root);
  assert.deepEqual(again.authorities(), authority.authorities());
  assert.equal(secrets.hex(), before);
  for (const shown of [inspect(again, { depth: 9, showHidden: true }), JSON.stringify(again)]) {
    assert.doesNotMatch(shown, /PRIVATE/);
  }
  const other = await openWard(context);
  assert.notEqual(other.authority.rootFingerprint, authority.rootFingerprint);
});

test('nothing is signed by an authority whose key was not kept', async () => {
  const clock = createSteppedClock();
  const secrets = { load: async () => undefined, keep: async () => assert.fail('disk full') };
  await assert.rejects(openCertificateAuthority({ secrets, clock }), /disk full/);
});

test('a kept secret that is none is refused by name', async (context) => {
  const { secrets, open } = await openWard(context);
  secrets.kept.set('pki/issuing', Uint8Array.of(0xa0));
  await assert.rejects(open(), { code: 'pki.secret-malformed' });
});

test('the issuing authority is renewed at half its life; what the former one signed still holds', async (context) => {
  const { clock, open, directory, authority, write } = await openWard(context);
  clock.ahead = 364 * DAY;
  assert.equal(await authority.renewIfDue(), false);
  clock.ahead = 366 * DAY - DEVICE_LIFETIME;
  const csr = await requestOf(directory);
  const old = await authority.issueDevice({ thing: 'pump-1', csr });
  clock.ahead = 366 * DAY;
  assert.equal(await authority.renewIfDue(), true);
  assert.equal(await authority.renewIfDue(), false);
  const fresh = await authority.issueDevice({ thing: 'pump-1', csr });
  assert.notEqual(fresh.issuer, old.issuer);
  assert.deepEqual((await open()).authorities(), authority.authorities());
  assert.equal(authority.authorities().length, 3);
  writeAuthorities(authority, write);
  const at = Math.floor(clock.now() / 1_000) - 60;
  for (const { certificate } of [old, fresh]) {
    write('device.pem', certificate);
    const verify = 'openssl verify -CAfile root.pem -untrusted authorities.pem device.pem';
    await run(
      directory,
      verify.replace('verify', `verify -attime ${certificate === old.certificate ? at - 3600 : at}`),
    );
  }
});

test('a lifetime is bounded, and ends with the authority at the latest', async (context) => {
  const { clock, directory, authority } = await openWard(context);
  const csr = await requestOf(directory);
  for (const lifetime of [0, HOUR - 1, 91 * DAY, Number.NaN]) {
    await assert.rejects(authority.issueDevice({ thing: 'pump-1', csr, lifetime }), { code: 'pki.lifetime' });
  }
  await assert.rejects(openWard(context, { deviceLifetime: 365 * DAY }), { code: 'pki.lifetime' });
  clock.ahead = 728 * DAY;
  const { notAfter } = await authority.issueDevice({ thing: 'pump-1', csr });
  assert.ok(notAfter < clock.now() + 3 * DAY);
  clock.ahead = 731 * DAY;
  await assert.rejects(authority.issueDevice({ thing: 'pump-1', csr }), { code: 'pki.root-expired' });
});

test('a root that has expired is told, not used', async (context) => {
  const { clock, open } = await openWard(context);
  clock.ahead = 3651 * DAY;
  await assert.rejects(open(), { code: 'pki.root-expired' });
});

test('server names are host names and addresses, and nothing else', async (context) => {
  const { authority } = await openWard(context);
  for (const [names, addresses] of [
    [[], []],
    [['*.example'], []],
    [['Ward.Example'], []],
    [['ward example'], []],
    [['10.0.0.1'], []],
    [[], ['ward.example']],
    [[], ['fe80::1%eth0']],
    [Array.from({ length: 33 }, (_, index) => `w${index}.example`), []],
  ] as const) {
    await assert.rejects(authority.issueServer({ names, addresses }), { code: 'pki.server-names' });
  }
});

test('serial numbers are positive, of one length, and never the same', () => {
  const serials = Array.from({ length: 1_000 }, makeSerialNumber);
  assert.equal(new Set(serials).size, serials.length);
  for (const serial of serials) assert.match(serial, /^[4-7][0-9a-f]{33}$/);
});

test('openssl reads the revocation list, and refuses what it names', async (context) => {
  const { directory, authority, clock, write } = await openWard(context);
  const csr = await requestOf(directory);
  const good = await authority.issueDevice({ thing: 'pump-1', csr });
  const bad = await authority.issueDevice({ thing: 'pump-1', csr });
  const at = clock.now();
  write(
    'ca.crl',
    await authority.crl([
      { serial: bad.serial, at, reason: 'keyCompromise' },
      { serial: 'ab01', at, reason: 'unspecified' },
    ]),
  );
  writeAuthorities(authority, write);
  write('good.pem', good.certificate);
  write('bad.pem', bad.certificate);
  const text = await run(directory, 'openssl crl -inform DER -in ca.crl -CAfile authorities.pem -text -noout 2>&1');
  assert.match(text, /verify OK/);
  assert.match(text, /CRL Number/);
  assert.match(text, /Key Compromise/);
  await run(directory, 'openssl crl -inform DER -in ca.crl -out crl.pem');
  const verify = 'openssl verify -crl_check -CRLfile crl.pem -CAfile root.pem -untrusted authorities.pem';
  assert.equal((await shell(directory, `${verify} good.pem`)).code, 0);
  assert.match((await shell(directory, `${verify} bad.pem`)).stderr, /certificate revoked/);
  const empty = await authority.crl([]);
  write('ca.crl', empty);
  assert.match(await run(directory, 'openssl crl -inform DER -in ca.crl -text -noout'), /No Revoked Certificates/);
});
