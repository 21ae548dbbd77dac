import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Fault } from '#base/fault';
import { loadDevice } from '#edge/pki/enrolled-device';
import { agreeKeys, enrolDevice, renewDevice } from '#edge/pki/enrolment-client';
import { type AgreedKey, keyExchangeRoute } from '#edge/pki/key-exchange';
import { testWith } from '../../external-programs.ts';
import { startEnrolmentServer, temporaryDirectory } from './enrolment-server.ts';
import { run } from './shell.ts';

const test = testWith('bash', 'openssl');

async function openWard(context: TestContext) {
  const agreed: AgreedKey[] = [];
  const outage = { isOut: false };
  const server = await startEnrolmentServer(context, ({ desk, clock }) => [
    keyExchangeRoute({
      clock,
      desk: {
        isValid: desk.isValid,
        keyed: async (key) => {
          if (outage.isOut) throw new Error('the store is gone');
          agreed.push(key);
        },
        answerFor: (thing) => ({
          commandKeys: [{ algorithm: 'Ed25519', key: new Uint8Array(32).fill(7) }],
          model: `model-of-${thing}`,
          extra: { ward: 'w1' },
        }),
      },
    }),
  ]);
  const directory = join(temporaryDirectory(context), 'pump-1');
  const { origin, authority } = server;
  const enrol = (change: Partial<Parameters<typeof enrolDevice>[0]> = {}) =>
    enrolDevice({
      origin,
      ca: authority.root,
      thing: 'pump-1',
      token: server.desk.offer('pump-1'),
      directory,
      ...change,
    });
  return { ...server, agreed, outage, directory, enrol };
}

const read = (directory: string, name: string): string => readFileSync(join(directory, name), 'utf8');
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('a device enrols by itself, keeps its key to itself, and openssl agrees with what it keeps', async (context) => {
  const { directory, authority, desk, enrol } = await openWard(context);
  const device = await enrol();
  assert.equal(device.thing, 'pump-1');
  assert.deepEqual([device.serial, device.notAfter], [desk.certificates[0]?.serial, desk.certificates[0]?.notAfter]);
  assert.equal(modeOf(join(directory, 'device.key')), '600');
  assert.equal(modeOf(directory), '700');
  assert.equal(read(directory, 'ca.pem'), authority.root);
  await run(directory, 'openssl verify -purpose sslclient -CAfile ca.pem -untrusted device.pem device.pem');
  const own = await run(directory, 'openssl pkey -in device.key -pubout');
  assert.equal(own, await run(directory, 'openssl x509 -in device.pem -noout -pubkey'));
  assert.deepEqual(await loadDevice(directory), device);
});

test('a renewal is for the same thing, with a new key, and leaves no old one behind', async (context) => {
  const { origin, directory, desk, enrol } = await openWard(context);
  const first = await enrol();
  const second = await renewDevice({ origin, directory });
  assert.equal(second.thing, 'pump-1');
  assert.notEqual(second.key, first.key);
  assert.deepEqual(
    desk.certificates.map(({ renewal }) => renewal),
    [false, true],
  );
  assert.ok(!existsSync(join(directory, 'device.key.next')));
  assert.equal(read(directory, 'device.key'), second.key);
  assert.deepEqual(await loadDevice(directory), second);
});

test('neighbours_never_lock_a_thing_out: a device renews while somebody guesses at tokens from its own network', async (context) => {
  const { origin, directory, enrol } = await openWard(context);
  await enrol();
  const stranger = temporaryDirectory(context);
  const statuses = new Set<unknown>();
  for (let attempt = 0; attempt < 12; attempt += 1) {
    await enrol({ directory: join(stranger, `${attempt}`), token: '0'.repeat(32) }).catch((error: Fault) =>
      statuses.add(error.data['status']),
    );
  }
  assert.deepEqual([...statuses], [401, 429]);
  assert.equal((await renewDevice({ origin, directory })).thing, 'pump-1');
});

test('a crash at any point of a renewal leaves a device that can go on', async (context) => {
  const { origin, directory, enrol } = await openWard(context);
  const first = await enrol();
  for (const name of ['device.key', 'device.pem']) copyFileSync(join(directory, name), join(directory, `old-${name}`));
  const second = await renewDevice({ origin, directory });
  const next = join(directory, 'device.key.next');

  // between the two files: the certificate is the new one, its key still waits
  renameSync(join(directory, 'device.key'), next);
  renameSync(join(directory, 'old-device.key'), join(directory, 'device.key'));
  assert.deepEqual(await loadDevice(directory), second);
  assert.ok(!existsSync(next));

  // before the answer came: the key that waits belongs to no certificate
  writeFileSync(next, first.key);
  assert.deepEqual(await loadDevice(directory), second);
  const third = await renewDevice({ origin, directory });
  assert.deepEqual(await loadDevice(directory), third);

  writeFileSync(join(directory, 'device.key'), first.key);
  await assert.rejects(loadDevice(directory), { code: 'device.identity-broken' });
});

test('a device believes its root and nobody else, and speaks TLS 1.3 and nothing else', async (context) => {
  const ward = await openWard(context);
  const other = await openWard(context);
  await assert.rejects(ward.enrol({ ca: other.authority.root }), { code: 'enrolment.unreachable' });
  await assert.rejects(ward.enrol({ origin: ward.origin.replace('https', 'http') }), { code: 'enrolment.insecure' });
  assert.deepEqual(ward.desk.log, []);
  const { cert, key } = ward.identity.options('requested');
  const old = createServer({ cert, key, maxVersion: 'TLSv1.2' } as Parameters<typeof createServer>[0]);
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
  const origin = `https://localhost:${(old.address() as AddressInfo).port}`;
  await assert.rejects(ward.enrol({ origin }), { code: 'enrolment.unreachable' });
  old.close();
});

test('a refusal is told as the platform words it, without anything that steers a terminal', async (context) => {
  const { directory, enrol } = await openWard(context);
  await assert.rejects(enrol({ token: 'wrong' }), {
    code: 'enrolment.refused',
    data: { status: 401 },
    message: /not accepted/,
  });
  await assert.rejects(enrol({ thing: '../pump' }), { code: 'thing-id.malformed' });
  await assert.rejects(loadDevice(directory), { code: 'device.not-enrolled' });
});

test('an answer without end is cut off, and one that is none is refused', async (context) => {
  const ward = await openWard(context);
  const answers = { body: Buffer.alloc(10_000_000, 0x41), status: 200 };
  const { cert, key } = ward.identity.options('requested');
  const hostile = createServer({ cert, key } as Parameters<typeof createServer>[0], (_request, response) => {
    response.statusCode = answers.status;
    response.end(answers.body);
  });
  await new Promise<void>((resolve) => hostile.listen(0, '127.0.0.1', resolve));
  const origin = `https://localhost:${(hostile.address() as AddressInfo).port}`;
  await assert.rejects(ward.enrol({ origin }), { code: 'enrolment.answer-too-large' });
  answers.body = Buffer.from('AAAA');
  await assert.rejects(ward.enrol({ origin }), { code: 'pki.answer-malformed' });
  Object.assign(answers, { body: Buffer.from('\u001b[2J no'), status: 500 });
  await assert.rejects(ward.enrol({ origin }), (error: Error) => {
    assert.equal((error as { code?: string }).code, 'enrolment.refused');
    assert.ok(!error.message.includes('\u001b'));
    return true;
  });
  hostile.closeAllConnections();
  hostile.close();
});

test('device and platform agree on keys, the platform has them first, and each time they are others', async (context) => {
  const { origin, directory, agreed, enrol } = await openWard(context);
  const device = await enrol();
  const told = await agreeKeys({ origin, directory });
  assert.deepEqual(agreed, [{ thing: 'pump-1', serial: device.serial, secret: told.secret }]);
  assert.deepEqual(told.commandKeys, [{ algorithm: 'Ed25519', key: new Uint8Array(32).fill(7) }]);
  assert.equal(told.model, 'model-of-pump-1');
  assert.deepEqual(told.extra, { ward: 'w1' });
  assert.ok(Number.isSafeInteger(told.serverTime));
  const again = await agreeKeys({ origin, directory });
  assert.notDeepEqual(again.secret, told.secret);
  assert.deepEqual(agreed[1]?.secret, again.secret);
});

test('keys_are_durable_before_the_answer_leaves', async (context) => {
  const { origin, directory, agreed, outage, enrol } = await openWard(context);
  await enrol();
  outage.isOut = true;
  await assert.rejects(agreeKeys({ origin, directory }), { code: 'enrolment.refused', data: { status: 503 } });
  outage.isOut = false;
  await agreeKeys({ origin, directory });
  assert.equal(agreed.length, 1);
});

test('keys are agreed with the holder of a valid certificate, and not too often', async (context) => {
  const { origin, directory, desk, agreed, enrol } = await openWard(context);
  const { serial } = await enrol();
  const post = (options: string, type = 'application/cbor') =>
    run(
      directory,
      `curl -sS --cacert ca.pem -o answer -w "%{http_code}" -H "Content-Type: ${type}" ${options} "$ORIGIN/.well-known/wardtwin/keys"`,
      { ORIGIN: origin },
    );
  const own = '--cert device.pem --key device.key';
  assert.equal(await post('--data-binary "x"'), '403');
  for (const body of ['', 'x', '\\xa0', '\\xa3']) {
    assert.equal(await post(`${own} --data-binary @<(printf '${body}')`), '400', body);
  }
  assert.equal(await post(`${own} --data-binary @<(head -c 5000 /dev/zero)`), '413');
  assert.equal(await post(`${own} --data-binary x`, 'text/plain'), '415');
  for (let round = 0; round < 6; round += 1) await agreeKeys({ origin, directory });
  await assert.rejects(agreeKeys({ origin, directory }), { code: 'enrolment.refused', data: { status: 429 } });
  assert.equal(agreed.length, 6);
  desk.revoke(serial);
  await assert.rejects(agreeKeys({ origin, directory }), { code: 'enrolment.refused', data: { status: 403 } });
});
