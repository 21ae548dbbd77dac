import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EnrolmentServer, startEnrolmentServer } from './enrolment-server.ts';
import { run, shell } from './shell.ts';

/** The steps of docs/enrolment.md, word for word but for the values of the variables. */
const MAKE_KEY = 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out device.key';
const MAKE_REQUEST = 'openssl req -new -key device.key -subj "/CN=$THING" -outform DER | openssl base64 > device.csr';
const ENROL =
  'curl -sS --fail-with-body --cacert root.pem --user "$THING:$TOKEN" -H "Content-Type: application/pkcs10" --data-binary @device.csr "$ORIGIN/.well-known/est/simpleenroll" -o device.p7';
const UNPACK = 'openssl base64 -d -in device.p7 | openssl pkcs7 -inform DER -print_certs -out device.pem';
const CACERTS =
  'curl -sS --fail-with-body --cacert root.pem "$ORIGIN/.well-known/est/cacerts" | openssl base64 -d | openssl pkcs7 -inform DER -print_certs -out ca.pem';
const VERIFY = 'openssl verify -purpose sslclient -CAfile root.pem -untrusted ca.pem device.pem';
const RENEW =
  'curl -sS --fail-with-body --cacert root.pem --cert device.pem --key device.key -H "Content-Type: application/pkcs10" --data-binary @device.csr "$ORIGIN/.well-known/est/simplereenroll" -o device.p7';

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

  assert.match(
    await run(directory, `openssl x509 -in root.pem -noout -fingerprint -sha256`),
    new RegExp(server.authority.rootFingerprint),
  );
});
