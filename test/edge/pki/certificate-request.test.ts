import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#base/fault';
import { type CertificateRequest, readCertificateRequest, requireNamesOf } from '#edge/pki/certificate-request';
import { isOneSequence } from '#edge/pki/pem';
import { testWith } from '../../external-programs.ts';
import { temporaryDirectory } from './enrolment-server.ts';
import { run } from './shell.ts';

const test = testWith('bash', 'openssl');

const CURVE = (name: string): string => `-algorithm EC -pkeyopt ec_paramgen_curve:${name}`;
const RSA = (bits: number): string => `-algorithm RSA -pkeyopt rsa_keygen_bits:${bits}`;

let directory: string;
before((context) => {
  directory = temporaryDirectory(context as Parameters<typeof temporaryDirectory>[0]);
});

/** A request as `openssl` makes it, DER. */
async function requestOf(key: string, options = '-subj /CN=pump-1'): Promise<Uint8Array> {
  await run(
    directory,
    `openssl genpkey ${key} -out one.key && openssl req -new -key one.key ${options} -outform DER -out one.csr`,
  );
  return new Uint8Array(readFileSync(join(directory, 'one.csr')));
}

describe('requests of openssl', () => {
  test('P-256, P-384, Ed25519 and RSA from 2048 bits are accepted, and the key is the one that was sent', async () => {
    for (const key of [CURVE('P-256'), CURVE('P-384'), '-algorithm ED25519', RSA(2048), RSA(3072)]) {
      const request = await readCertificateRequest(await requestOf(key));
      const sent = await run(directory, 'openssl pkey -in one.key -pubout -outform DER | openssl base64 -A');
      assert.equal(Buffer.from(request.publicKey).toString('base64'), sent, key);
      assert.deepEqual(request.commonNames, ['pump-1']);
      assert.ok(request.isPlainName);
    }
  });

  test('a_weak_or_unknown_key_is_refused', async () => {
    for (const key of [
      RSA(1024),
      CURVE('P-224'),
      CURVE('P-521'),
      CURVE('secp256k1'),
      `${CURVE('P-256')} -pkeyopt ec_param_enc:explicit`,
      '-algorithm ED448',
      '-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048',
      `${RSA(2048)} -pkeyopt rsa_keygen_pubexp:3`,
    ]) {
      await assert.rejects(async () => readCertificateRequest(await requestOf(key)), { code: 'pki.request-key' }, key);
    }
    const withSha1 = await requestOf(CURVE('P-256'), '-sha1 -subj /CN=pump-1');
    await assert.rejects(readCertificateRequest(withSha1), { code: 'pki.request-key' });
  });

  test('no_possession_no_certificate: a changed byte is refused, or stands outside of what is signed and changes nothing', async () => {
    const der = await requestOf(CURVE('P-256'));
    const genuine = await readCertificateRequest(der);
    // two SEQUENCE heads, the first of three bytes and the second of two, then what is signed
    const signedEnd = 3 + 2 + (der[4] as number);
    for (let index = 0; index < der.length; index += 1) {
      for (const change of [0x01, 0x04, 0x80, 0xff]) {
        const altered = der.slice();
        altered[index]! ^= change;
        const reading = await readCertificateRequest(altered).catch((error: Fault) => error);
        if (reading instanceof Fault) assert.match(reading.code, /^pki\.request-(malformed|key|unproven)$/);
        else assert.deepEqual([reading, index >= signedEnd], [genuine, true], `byte ${index}`);
      }
    }
    await assert.rejects(readCertificateRequest(Uint8Array.from([...der, 0])), { code: 'pki.request-malformed' });
  });

  test('names that were asked for are read, and decide nothing but a refusal', async () => {
    const read = async (options: string): Promise<CertificateRequest> =>
      readCertificateRequest(await requestOf(CURVE('P-256'), options));
    const refused = { code: 'pki.request-name' };
    const plain = await read('-subj /CN=pump-1 -addext subjectAltName=URI:urn:wardtwin:thing:pump-1');
    requireNamesOf(plain, 'pump-1', 'enrolment');
    requireNamesOf(plain, 'pump-1', 'renewal');
    assert.throws(() => requireNamesOf(plain, 'pump-2', 'enrolment'), refused);
    const nameless = await read('-subj /O=Acme');
    requireNamesOf(nameless, 'pump-1', 'enrolment');
    assert.throws(() => requireNamesOf(nameless, 'pump-1', 'renewal'), refused);
    const both = await read('-subj /CN=pump-1/CN=pump-2');
    assert.throws(() => requireNamesOf(both, 'pump-1', 'enrolment'), refused);
    const more = await read('-subj /O=Acme/CN=pump-1');
    requireNamesOf(more, 'pump-1', 'enrolment');
    assert.throws(() => requireNamesOf(more, 'pump-1', 'renewal'), refused);
    const foreign = await read('-subj /CN=pump-1 -addext subjectAltName=URI:urn:wardtwin:thing:pump-2');
    assert.throws(() => requireNamesOf(foreign, 'pump-1', 'renewal'), refused);
  });
});

test('whatever the bytes, a refusal and nothing else comes of garbage', async () => {
  const malformed = { code: 'pki.request-malformed' };
  await assert.rejects(readCertificateRequest(new Uint8Array(8193)), malformed);
  for (const text of [
    '',
    '30',
    '3080',
    '-----BEGIN CERTIFICATE REQUEST-----',
    '3000',
    '30030201',
    '3080'.repeat(2000),
  ]) {
    await assert.rejects(readCertificateRequest(new TextEncoder().encode(text)), malformed);
    if (/^([0-9a-f]{2})*$/.test(text))
      await assert.rejects(readCertificateRequest(Uint8Array.fromHex(text)), malformed);
  }
  const body = fc.uint8Array({ maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      const sequence = Uint8Array.from([0x30, 0x81, bytes.length, ...bytes]);
      await assert.rejects(readCertificateRequest(bytes.length < 128 ? bytes : sequence), { code: /^pki\.request-/ });
    }),
  );
});

test('one DER sequence is told from everything else', () => {
  const yes = ['3000', '300101', `3081${'80'}${'00'.repeat(128)}`, `30820100${'00'.repeat(256)}`];
  const no = [
    '',
    '30',
    '3001',
    '300001',
    '3100',
    '308100',
    '30817f',
    `3081${'7f'}${'00'.repeat(127)}`,
    `30820080${'00'.repeat(128)}`,
    '3080',
  ];
  for (const hex of yes) assert.ok(isOneSequence(Uint8Array.fromHex(hex)), hex);
  for (const hex of no) assert.ok(!isOneSequence(Uint8Array.fromHex(hex)), hex);
});
