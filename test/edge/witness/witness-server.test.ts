import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as requestTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Fault } from '#base/fault';
import { createCosigner, verifyCosignature } from '#crypto/cosignature';
import { createMerkleLog, leafDigest, type MerkleLog } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, splitNote } from '#crypto/signed-note';
import { formatCosignRequest } from '#edge/store/cosign-request';
import { createWitness, type WitnessMemory } from '#edge/store/witness';
import type { WitnessLimits } from '#edge/witness/witness-limits';
import { startWitnessServer, type WitnessServer, type WitnessServerDeps } from '#edge/witness/witness-server';
import { lacking } from '../../external-programs.ts';
import { run } from '../pki/shell.ts';
import { temporaryFolder } from '../store/engine.ts';
import { AT, checkpointOf, ORIGIN, SIGNERS, VERIFIERS } from '../store/entries.ts';

const cosigner = createCosigner('witness.example/w1', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(8)));
const folder = temporaryFolder();
const servers: WitnessServer[] = [];
after(async () => {
  for (const server of servers) await server.close();
  folder.remove();
});

const inMemory = (): WitnessMemory => {
  const known = new Map<string, NonNullable<ReturnType<WitnessMemory['last']>>>();
  return { last: (origin) => known.get(origin), keep: (origin, checkpoint) => void known.set(origin, checkpoint) };
};

async function started(options: Partial<WitnessServerDeps> & { readonly memory?: WitnessMemory } = {}) {
  const { memory = inMemory(), ...deps } = options;
  const witness = createWitness({ logs: new Map([[ORIGIN, VERIFIERS]]), cosigner, memory, now: () => AT });
  const server = await startWitnessServer({ witness, host: '127.0.0.1', port: 0, ...deps });
  servers.push(server);
  return server;
}

function grown(size: number, word = 'leaf'): MerkleLog {
  const log = createMerkleLog();
  while (log.size < size) log.append(leafDigest(new TextEncoder().encode(`${word} ${log.size}`)));
  return log;
}

const bodyOf = (log: MerkleLog, oldSize: number, signers = SIGNERS): string =>
  formatCosignRequest({ oldSize, proof: log.proveConsistency(oldSize), note: checkpointOf(log, signers).note });

async function post({ url }: WitnessServer, body: string | Uint8Array<ArrayBuffer>) {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

test('as tlog-witness says: cosigned, conflict with the size, refused by status', async () => {
  const server = await started();
  const first = await post(server, bodyOf(grown(10), 0));
  assert.equal(first.status, 200);
  const { text, signatures } = splitNote(checkpointOf(grown(10)).note + first.text);
  assert.equal(verifyCosignature(text, signatures.at(-1)!, cosigner.verifier), AT / 1_000);

  const conflict = await post(server, bodyOf(grown(20), 0));
  assert.deepEqual(conflict, { status: 409, type: 'text/x.tlog.size', text: '10\n' });
  assert.equal((await post(server, bodyOf(grown(10, 'other'), 10))).status, 409, 'as many records, other ones');
  const forked = grown(20, 'other');
  assert.equal((await post(server, bodyOf(forked, 10))).status, 422);
  const stranger = createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(9)));
  assert.equal((await post(server, bodyOf(grown(20), 10, [stranger]))).status, 403);
  assert.equal((await post(server, bodyOf(grown(20), 10).replace(ORIGIN, 'elsewhere.example'))).status, 404);
  assert.equal((await post(server, bodyOf(grown(20), 10))).status, 200, 'what was refused changed nothing');
  assert.equal((await post(server, bodyOf(grown(5), 0))).status, 409);
  assert.equal((await post(server, bodyOf(grown(20), 10).replace('old 10', 'old 30'))).status, 400);
});

test('what is no request is refused and changes nothing', async () => {
  const server = await started();
  for (const body of ['', 'old 1', 'old 0\n\n', new Uint8Array([0xff, 0x0a, 0x0a])]) {
    assert.ok([400, 404].includes((await post(server, body)).status), String(body));
  }
  assert.equal((await fetch(`${server.url}/add-checkpoint`)).status, 405);
  assert.equal((await fetch(`${server.url}/`, { method: 'POST' })).status, 404);
  const tooLong = await post(server, 'x'.repeat(70_000));
  assert.equal(tooLong.status, 413);
  assert.equal((await post(server, bodyOf(grown(3), 0))).status, 200);
});

/** However it ends. */
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.on('close', () => resolve()));

/** Sends raw bytes, and resolves to all that comes back before the connection ends. */
async function raw(server: WitnessServer, ...parts: readonly string[]): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => {});
  for (const part of parts) socket.write(part);
  await closed(socket);
  return received;
}

test('bounded: who is slow, says too much or is one too many is cut off, and others are answered', async () => {
  const limits: Partial<WitnessLimits> = { headersWithin: 60, requestWithin: 120, connections: 2, body: 1_000 };
  const server = await started({ limits });
  const head = 'POST /add-checkpoint HTTP/1.1\r\nhost: w\r\n';
  assert.match(await raw(server, 'POST /add-checkpoint HTTP/1.1\r\n'), /408|^$/, 'headers that never end');
  assert.match(await raw(server, `${head}content-length: 500\r\n\r\nold`), /408|^$/, 'a body that never ends');
  assert.match(await raw(server, `${head}x: ${'y'.repeat(20_000)}\r\n\r\n`), /431|^$/);
  const chunk = `${(900).toString(16)}\r\n${'x'.repeat(900)}\r\n`;
  assert.match(await raw(server, `${head}transfer-encoding: chunked\r\n\r\n${chunk}${chunk}`), /413|^$/);
  const idle = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
  for (const socket of idle) socket.on('error', () => {});
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
  await raw(server, `${head}\r\n`);
  await Promise.all(idle.map((socket) => closed(socket.resume())));
  assert.equal((await post(server, 'old 0\n\n')).status, 404);
});

test('rather_fails_than_forgets: what cannot be kept is not cosigned, and the operator is told why', async () => {
  const told: (readonly [number, unknown])[] = [];
  const failing: WitnessMemory = {
    last: () => undefined,
    keep: () => {
      throw new Fault('witness.memory', 'the disk is full');
    },
  };
  const server = await started({ memory: failing, onAnswer: (status, fault) => told.push([status, fault]) });
  const answer = await post(server, bodyOf(grown(3), 0));
  assert.equal(answer.status, 500);
  assert.doesNotMatch(answer.text, /disk|\u2014/);
  assert.ok(told.some(([status, fault]) => status === 500 && (fault as Fault).code === 'witness.memory'));
});

const needs = { skip: lacking('bash', 'openssl') };

test('never_plain_outside: anything but this machine needs TLS, which is 1.3', needs, async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'witness.example', '127.0.0.1.example']) {
    await assert.rejects(started({ host }), { code: 'witness.plain' }, host);
  }
  const subject = '-subj /CN=localhost -addext subjectAltName=DNS:localhost -days 1';
  await run(folder.path, `openssl req -x509 -newkey ed25519 -nodes ${subject} -keyout key.pem -out cert.pem`);
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => readFileSync(join(folder.path, name), 'utf8'));
  const server = await started({ tls: { cert: cert!, key: key! } });
  const status = (version: 'TLSv1.2' | 'TLSv1.3'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', agent: false, ca: cert, maxVersion: version } as const;
      const sent = requestTls(`https://localhost:${server.port}/add-checkpoint`, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      sent.on('error', reject).end(bodyOf(grown(3), 0));
    });
  assert.equal(await status('TLSv1.3'), 200);
  await assert.rejects(status('TLSv1.2'));
});
