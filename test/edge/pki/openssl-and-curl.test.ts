import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DAY, MINUTE } from '#base/time';
import { testWith } from '../../external-programs.ts';
import { type EnrolmentServer, startEnrolmentServer } from './enrolment-server.ts';
import { run, shell } from './shell.ts';

const test = testWith('bash', 'openssl', 'curl');

const DOCUMENT = readFileSync(new URL('../../../docs/enrolment.md', import.meta.url), 'utf8');

/** The commands that the document gives under a heading, one each: a person is to be able to rely on them. */
function commandsOf(heading: string): readonly string[] {
  const section = DOCUMENT.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? assert.fail(`no section ${heading}`);
  const block = /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? assert.fail(`no commands under ${heading}`);
  return block.replaceAll('\\\n', '').trim().split('\n');
}

const [MAKE_KEY = '', MAKE_REQUEST = '', ENROL = '', UNPACK = ''] = commandsOf('Enrol');
const [CACERTS = '', VERIFY = ''] = commandsOf('Check');
const [RENEW = ''] = commandsOf('Renew');
const [BOOTSTRAP = '', FINGERPRINT = ''] = commandsOf('When you have only the fingerprint of the root');

const enrolled = async (server: EnrolmentServer, thing: string) => {
  const env = { THING: thing, ORIGIN: server.origin, TOKEN: server.desk.offer(thing) };
  for (const step of [MAKE_KEY, MAKE_REQUEST, ENROL, UNPACK, CACERTS]) await run(server.directory, step, env);
  return env;
};

test('a person enrols, verifies and renews with openssl and curl alone', async (context) => {
  const server = await startEnrolmentServer(context);
  const { directory, desk } = server;
  const env = await enrolled(server, 'pump-1');
  assert.match(await run(directory, VERIFY), /device\.pem: OK/);
  const text = await run(directory, 'openssl x509 -in device.pem -noout -text');
  for (const expected of [
    /Subject: CN = pump-1/,
    /Subject Alternative Name:\s+URI:urn:wardtwin:thing:pump-1/,
    /Extended Key Usage:\s+TLS Web Client Authentication\n/,
    /Key Usage: critical\s+Digital Signature\n/,
    /Basic Constraints: critical\s+CA:FALSE/,
    /Authority Key Identifier/,
  ]) {
    assert.match(text, expected);
  }
  assert.deepEqual(desk.log, ['redeem pump-1 granted', 'issued pump-1']);
  const serial = (await run(directory, 'openssl x509 -in device.pem -noout -serial')).trim().split('=')[1];
  assert.equal(desk.certificates[0]?.serial, serial?.toLowerCase());

  await run(directory, `cp device.pem first.pem; ${RENEW}; ${UNPACK}`, env);
  assert.match(await run(directory, VERIFY), /device\.pem: OK/);
  assert.deepEqual(desk.log.slice(2), ['issued pump-1']);
  assert.equal(desk.certificates[1]?.renewal, true);
  assert.notEqual(desk.certificates[1]?.serial, desk.certificates[0]?.serial);
});

test('who knows the fingerprint alone gets the root, and can tell it from another', async (context) => {
  const { directory, origin, authority } = await startEnrolmentServer(context);
  await run(directory, BOOTSTRAP, { ORIGIN: origin });
  assert.equal((await run(directory, FINGERPRINT)).trim(), `sha256 Fingerprint=${authority.rootFingerprint}`);
});

const STATUS = '-o answer.txt -D headers.txt -w "%{http_code}"';
const refusalOf = async (directory: string, command: string, env: Readonly<Record<string, string>>) => {
  const asked = command.replace(' --fail-with-body', '').replace(/ -o device\.p7$/, ` ${STATUS}`);
  const status = Number(await run(directory, asked, env));
  return { status, text: await run(directory, 'cat answer.txt'), headers: await run(directory, 'cat headers.txt') };
};

test('no_token_no_certificate: wrong, foreign, used or expired, and none at all', async (context) => {
  const server = await startEnrolmentServer(context);
  const { directory, desk, clock } = server;
  const env = await enrolled(server, 'pump-1');
  const used = await refusalOf(directory, ENROL, env);
  assert.equal(used.status, 401);
  assert.match(used.text, /used before/);
  assert.match(used.headers, /^www-authenticate: Basic realm="wardtwin enrolment", charset="UTF-8"\r$/m);
  assert.match(used.headers, /^content-type: text\/plain; charset=utf-8\r$/m);
  const foreign = desk.offer('pump-2');
  assert.equal((await refusalOf(directory, ENROL, { ...env, TOKEN: foreign })).status, 401);
  assert.equal((await refusalOf(directory, ENROL, { ...env, TOKEN: 'x' })).status, 401);
  assert.equal((await refusalOf(directory, ENROL, { ...env, THING: 'nobody', TOKEN: foreign })).status, 401);
  assert.equal((await refusalOf(directory, ENROL.replace('--user "$THING:$TOKEN"', ''), env)).status, 401);
  const late = desk.offer('pump-3', clock.now() - 1);
  assert.match((await refusalOf(directory, ENROL, { ...env, THING: 'pump-3', TOKEN: late })).text, /expired/);
  assert.deepEqual(
    desk.refusals.map(({ reason }) => reason),
    ['token-used', 'token-unknown', 'token-unknown', 'token-unknown', 'credentials-missing', 'token-expired'],
  );
  assert.equal(desk.certificates.length, 1);
  for (const told of desk.refusals)
    assert.doesNotMatch(JSON.stringify(told), new RegExp(`${foreign}|${late}|${env.TOKEN}`));
});

test('a mistake in the request is told, and does not cost the token', async (context) => {
  const server = await startEnrolmentServer(context);
  const { directory, desk } = server;
  const env = { THING: 'pump-1', ORIGIN: server.origin, TOKEN: desk.offer('pump-1') };
  await run(directory, MAKE_KEY);
  const refused = async (makeRequest: string, status: number, text: RegExp): Promise<void> => {
    await run(directory, makeRequest, env);
    const refusal = await refusalOf(directory, ENROL, env);
    assert.equal(refusal.status, status, refusal.text);
    assert.match(refusal.text, text);
  };
  await refused(MAKE_REQUEST.replace('$THING', 'pump-2'), 400, /common name `pump-2` is not `pump-1`/);
  await refused('openssl req -new -key device.key -subj /CN=pump-1 > device.csr', 400, /not base64 of a DER request/);
  // another last byte, whatever it was: one signature in 256 ends in 00 already
  const spoil = "xxd -p | tr -d '\\n' | sed 's/00$/01/;t;s/..$/00/' | xxd -r -p";
  const unspoiled = 'openssl req -new -key device.key -subj /CN=pump-1 -outform DER';
  await refused(`${unspoiled} | ${spoil} | openssl base64 > device.csr`, 400, /does not verify|not a PKCS #10/);
  await refused(
    'openssl req -new -newkey rsa:1024 -nodes -keyout w.key -subj /CN=pump-1 -outform DER | openssl base64 > device.csr',
    400,
    /RSA key of `1024` bits/,
  );
  await refused('head -c 3000 /dev/urandom > device.csr', 400, /not base64/);
  await refused('head -c 100000 /dev/zero > device.csr', 413, /too large/);
  await refused(': > device.csr', 400, /./);
  assert.deepEqual(desk.certificates, []);
  await run(directory, MAKE_REQUEST, env);
  await run(directory, `${ENROL}; ${UNPACK}`, env);
  assert.equal(desk.certificates.length, 1);
});

test('a renewal is for the holder of a valid certificate of that thing', async (context) => {
  const server = await startEnrolmentServer(context);
  const { directory, desk, clock } = server;
  const env = await enrolled(server, 'pump-1');
  const renewal = (change = ''): ReturnType<typeof refusalOf> =>
    refusalOf(directory, RENEW.replace('--cert device.pem --key device.key', change), env);
  assert.equal((await renewal()).status, 403);
  const own = '--cert device.pem --key device.key';
  await run(directory, MAKE_REQUEST, { ...env, THING: 'pump-2' });
  assert.match((await renewal(own)).text, /common name `pump-2`/);
  await run(directory, MAKE_REQUEST, env);
  // the same names, by an authority that is not the platform's
  await run(
    directory,
    'openssl req -x509 -key device.key -subj /CN=pump-1 -addext subjectAltName=URI:urn:wardtwin:thing:pump-1 -addext extendedKeyUsage=clientAuth -out own.pem',
  );
  assert.equal((await renewal('--cert own.pem --key device.key')).status, 403);
  // whoever stole a token of an enrolled thing does not renew with it
  assert.equal((await renewal('--user "$THING:$TOKEN"')).status, 403);
  clock.ahead = 8 * DAY;
  assert.match((await renewal(own)).text, /expired/);
  clock.ahead = 0;
  assert.equal((await renewal(own)).status, 200);
  desk.revoke(desk.certificates[0]!.serial);
  assert.match((await renewal(own)).text, /revoked/);
  // expired when the connection is made
  clock.ahead = -30 * DAY;
  const old = await enrolled(server, 'pump-9');
  clock.ahead = 0;
  assert.equal((await refusalOf(directory, RENEW, old)).status, 403);
});

test('the other paths: labels do not exist, attributes are none, the revocation list is there for everybody', async (context) => {
  const { directory, origin, authority, clock, revoked } = await startEnrolmentServer(context);
  const env = { ORIGIN: origin };
  const status = (path: string) =>
    run(directory, `curl -sS --cacert root.pem -o answer.txt -w "%{http_code} %{content_type}" "$ORIGIN${path}"`, env);
  assert.match(await status('/.well-known/est/label/cacerts'), /^404/);
  assert.match(await status('/.well-known/est/simpleenroll'), /^404/);
  assert.match(await status('/.well-known/est/csrattrs'), /^204/);
  assert.equal(await status('/.well-known/est/cacerts'), '200 application/pkcs7-mime; smime-type=certs-only');
  assert.equal(await status('/.well-known/wardtwin/ca.crl'), '200 application/pkix-crl');
  revoked.push({ serial: 'abcd', at: clock.now(), reason: 'superseded' });
  clock.ahead += 2 * MINUTE;
  await status('/.well-known/wardtwin/ca.crl');
  assert.match(await run(directory, 'openssl crl -inform DER -in answer.txt -text -noout'), /Serial Number: ABCD/);
  await run(directory, CACERTS, env);
  assert.equal((await run(directory, 'grep -c BEGIN ca.pem')).trim(), String(authority.authorities().length));
  const wrongType =
    'curl -sS --cacert root.pem -o answer.txt -w "%{http_code}" -H "Content-Type: application/json" -d "{}"';
  assert.equal(await run(directory, `${wrongType} "$ORIGIN/.well-known/est/simpleenroll"`, env), '415');
});

test('TLS 1.2 is not spoken, and a platform with another root is not believed', async (context) => {
  const { directory, origin } = await startEnrolmentServer(context);
  const other = await startEnrolmentServer(context);
  const cacerts = '"$ORIGIN/.well-known/est/cacerts" -o answer.txt';
  const env = { ORIGIN: origin, OTHER: other.directory };
  assert.notEqual((await shell(directory, `curl -sS --tls-max 1.2 --cacert root.pem ${cacerts}`, env)).code, 0);
  assert.equal((await shell(directory, `curl -sS --cacert "$OTHER/root.pem" ${cacerts}`, env)).code, 60);
});
