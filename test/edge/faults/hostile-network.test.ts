// What comes to the listeners of the whole server while a device goes on: about 15 s, of which 10 s until slow clients are ended.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { MqttClient } from 'mqtt';
import { HTTP_LIMITS } from '#edge/http/http-limits';
import { loadDevice } from '#edge/pki/enrolled-device';
import { wardtwin } from '../cli/command-line.ts';
import { holdAgainstHistory } from './held-against-history.ts';
import { enrolMonitor, expectMonitors, SERVED, type ServedDevice, upTopic } from './served-ward.ts';
import { type ServerProcess, serve } from './server-process.ts';

const MEGABYTE = 1_048_576;
/** What a server of this size may grow by, whatever is thrown at it: garbage is not collected at once. */
const GROWTH = 120 * MEGABYTE;

/** Resolves when the connection is gone, with the bytes that came by it. */
const ended = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
    socket.on('error', () => {});
    socket.once('close', () => resolve(Buffer.concat(chunks)));
  });

const tls = (
  port: number,
  ca: string,
  client: { readonly key?: string; readonly cert?: string } = {},
): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca, servername: 'localhost', ...client }, () =>
      resolve(socket),
    );
    socket.once('error', reject);
  });

const statusOf = (options: RequestOptions, body?: Uint8Array): Promise<number> =>
  new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    // a server that has said no need not take the rest
    outgoing.on('error', (error) => reject(error));
    outgoing.end(body);
  });

/** Plain text, truncated and random handshakes, on either port. */
async function malformedTls(port: number): Promise<void> {
  const openings = [
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    Buffer.from('160301ffff0100', 'hex'),
    Buffer.alloc(70_000, 0x16),
    Buffer.from('1603010005010000010000', 'hex'),
    Buffer.from(crypto.getRandomValues(new Uint8Array(4_096))),
  ];
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const socket = connectPlain(port, '127.0.0.1');
      const gone = ended(socket);
      socket.end(openings[index % openings.length] ?? '');
      const answer = await gone;
      assert.ok(!answer.toString('latin1').includes(' 200 '), 'nothing is served in the clear');
    }),
  );
}

/** A request whose headers never end. */
async function slowloris({ httpPort }: ServerProcess, ca: string): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: 50 }, () => tls(httpPort, ca)));
  const endings = sockets.map(async (socket) => {
    const gone = ended(socket);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => socket.write('X-Slow: a\r\n'), 1_000);
    await gone;
    clearInterval(drip);
  });
  await Promise.all(endings);
}

async function hugeBodies({ httpPort }: ServerProcess, ca: string): Promise<void> {
  const options = { host: 'localhost', port: httpPort, ca, method: 'POST', path: '/.well-known/est/simpleenroll' };
  const headers = { 'content-type': 'application/pkcs10' };
  for (let count = 0; count < 4; count += 1) {
    const outcome = await statusOf({ ...options, headers }, new Uint8Array(10 * MEGABYTE)).catch(
      (error: Error) => error,
    );
    assert.ok(outcome instanceof Error || [400, 401, 413].includes(outcome), String(outcome));
  }
  const headersTooLarge = {
    host: 'localhost',
    port: httpPort,
    ca,
    path: '/',
    headers: { x: 'y'.repeat(HTTP_LIMITS.headers) },
  };
  const outcome = await statusOf(headersTooLarge).catch((error: Error) => error);
  assert.ok(outcome instanceof Error || outcome === 431, String(outcome));
}

interface Intruder {
  readonly device: ServedDevice;
  readonly key: string;
  readonly cert: string;
}

/** Of a device with a right certificate: packets that announce or hold 10 MB, and bytes that are no MQTT. */
async function hugePackets({ mqttPort }: ServerProcess, ca: string, { key, cert }: Intruder): Promise<void> {
  const announcing = Buffer.from('30ffffff7f', 'hex');
  const whole = Buffer.concat([Buffer.from('3080ade204', 'hex'), Buffer.alloc(10 * MEGABYTE - 5)]);
  for (const bytes of [announcing, whole, Buffer.alloc(100_000, 0xff), Buffer.from('00000000', 'hex')]) {
    const socket = await tls(mqttPort, ca, { key, cert });
    const gone = ended(socket);
    socket.write(bytes);
    await gone;
  }
}

/** Far more messages than a thing may send. */
async function flood(server: ServerProcess, { device }: Intruder): Promise<void> {
  const client = await device.connect(server);
  const gone = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const bytes = Buffer.alloc(1_000, 0x42);
  while (client.connected) {
    for (let count = 0; count < 500; count += 1) client.publish(upTopic(device.thing), bytes, { qos: 0 });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await gone;
}

/** A device that goes on. Each reading is taken within `WITHIN`, or the test fails. */
function goOn(client: MqttClient, device: ServedDevice) {
  const sent = new Set<string>();
  let isStopped = false;
  const ending = (async () => {
    while (!isStopped) {
      const { key, bytes } = device.read(100 + (sent.size % 9));
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`\`${key}\` was not taken in time`)), WITHIN);
        client.publish(upTopic(device.thing), Buffer.from(bytes), { qos: 1 }, (error) => {
          clearTimeout(late);
          if (error) reject(error);
          else resolve();
        });
      });
      sent.add(key);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return sent;
  })();
  ending.catch(() => {});
  return {
    stop: (): Promise<ReadonlySet<string>> => {
      isStopped = true;
      return ending;
    },
  };
}

const WITHIN = 5_000;

test('others_are_served: malformed TLS, plain HTTP, slow clients, 10 MB and floods are refused meanwhile', {
  timeout: 120_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-hostile-'));
  let server: ServerProcess | undefined;
  try {
    const tokens = await expectMonitors(folder, ['cgm-a', 'cgm-b']);
    server = await serve(folder);
    const ca = readFileSync(join(folder, 'data', 'ca.pem'), 'utf8');
    const honest = await enrolMonitor(folder, server, 'cgm-a', tokens.get('cgm-a')!);
    const device = await enrolMonitor(folder, server, 'cgm-b', tokens.get('cgm-b')!);
    const { key, chain } = await loadDevice(join(folder, 'cgm-b'));
    const intruder: Intruder = { device, key, cert: chain };
    const client = await honest.connect(server);
    const going = goOn(client, honest);
    const before = server.memory();
    const slow = slowloris(server, ca);
    for (const port of [server.httpPort, server.mqttPort]) await malformedTls(port);
    await hugeBodies(server, ca);
    await hugePackets(server, ca, intruder);
    await flood(server, intruder);
    const health = { host: 'localhost', port: server.httpPort, ca, path: '/health/live' };
    assert.ok((await statusOf(health)) > 0);
    await slow;
    const acknowledged = await going.stop();
    const grown = server.memory() - before;
    assert.ok(grown < GROWTH, `grew by ${Math.round(grown / MEGABYTE)} MB`);
    client.end(true);
    assert.equal(await server.end('SIGTERM'), 0);
    const data = join(folder, 'data');
    const told = { acknowledged, sent: acknowledged, permitted: new Set<string>(), dispatched: new Set<string>() };
    const kept = { ...SERVED, location: join(data, 'history.sqlite'), rootKeys: join(data, 'root-keys') };
    const { size } = await holdAgainstHistory(kept, told);
    const rebuilt = await wardtwin(['rebuild', '--check', '--data', data]);
    assert.deepEqual([rebuilt.code, /the same, byte for byte/.test(rebuilt.out)], [0, true], rebuilt.out);
    const refusals = Map.groupBy(
      server.log.filter(({ msg }) => msg === 'device connection refused'),
      (line) => String(line['reason']),
    );
    for (const reason of ['handshake', 'too-large', 'too-fast'])
      assert.ok(refusals.has(reason), [...refusals.keys()].join());
    const counts = [...refusals].map(([reason, lines]) => `${reason} ${lines.length}`).join(', ');
    t.diagnostic(
      `${acknowledged.size} readings meanwhile, ${size} records, grown by ${Math.round(grown / MEGABYTE)} MB; ${counts}`,
    );
  } finally {
    await server?.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
