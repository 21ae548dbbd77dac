import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, createServer, type TLSSocket } from 'node:tls';
import { DAY } from '#base/time';
import { openCertificateAuthority } from '#edge/pki/certificate-authority';
import { readCertificateRequest } from '#edge/pki/certificate-request';
import { toPem } from '#edge/pki/pem';
import { createServerIdentity } from '#edge/pki/server-identity';
import type { ClientCertificates } from '#edge/pki/tls-options';
import { createSteppedClock } from './enrolment-server.ts';
import { createMemorySecrets } from './memory-desk.ts';
import { makeTestKeys, makeTestRequest } from './test-request.ts';

async function listen(context: TestContext, clients: ClientCertificates, ahead = 0) {
  const clock = createSteppedClock();
  clock.ahead = ahead;
  const authority = await openCertificateAuthority({ secrets: createMemorySecrets(), clock });
  const identity = await createServerIdentity({ authority, clock, names: ['localhost'], addresses: [] });
  const server = createServer(identity.options(clients), (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.on('tlsClientError', () => {});
  const stop = identity.follow(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open: TLSSocket[] = [];
  context.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  /** A connection on which an echo was heard: TLS 1.3 tells a client only then that it was let in. */
  const visit = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.root, ...options });
    open.push(socket);
    await once(socket, 'secureConnect');
    await echo(socket);
    return socket;
  };
  return { clock, authority, identity, visit, stop };
}

async function echo(socket: TLSSocket): Promise<void> {
  socket.write('x');
  const ended = once(socket, 'close').then(() => assert.fail('closed by the server'));
  await Promise.race([once(socket, 'data'), ended]);
}

const serialOf = (socket: TLSSocket): string => socket.getPeerCertificate().serialNumber;

test('a renewed certificate is shown to who comes next, and nobody is cut off', async (context) => {
  const { clock, identity, visit, stop } = await listen(context, 'requested', -21 * DAY);
  const early = await visit();
  assert.equal(await identity.renewIfDue(), false);
  // OpenSSL goes by the machine's own clock, so it is the past that is stepped out of
  clock.ahead = 0;
  const { notAfter } = identity;
  assert.equal(await identity.renewIfDue(), true);
  assert.ok(identity.notAfter > notAfter);
  const renewed = await visit();
  assert.notEqual(serialOf(renewed), serialOf(early));
  await echo(early);
  stop();
  clock.ahead = 21 * DAY;
  assert.equal(await identity.renewIfDue(), true);
  assert.equal(serialOf(await visit()), serialOf(renewed));
});

test('nothing older than TLS 1.3 is spoken', async (context) => {
  const { visit } = await listen(context, 'requested');
  assert.equal((await visit()).getProtocol(), 'TLSv1.3');
  await assert.rejects(visit({ maxVersion: 'TLSv1.2' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
});

test('where a certificate is required, nobody gets in without', async (context) => {
  const { authority, visit } = await listen(context, 'required');
  await assert.rejects(visit(), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
  const keys = await makeTestKeys();
  const csr = await readCertificateRequest(await makeTestRequest('pump-1', keys));
  const { certificate } = await authority.issueDevice({ thing: 'pump-1', csr });
  const key = toPem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey)));
  // the leaf alone: the listener knows the authority in between
  await visit({ cert: certificate, key });
});
