import { execFileSync } from 'node:child_process';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Json = Readonly<Record<string, unknown>>;

/** A server that speaks the transit engine's API for one key, as Vault and OpenBao document it, and really encrypts. */
export interface TransitServer {
  readonly address: string;
  readonly ca: string;
  token: string;
  /** What it answers with instead, when set. */
  outage: number | undefined;
  readonly close: () => Promise<void>;
}

export async function startTransitServer(keyName: string, type = 'aes256-gcm96'): Promise<TransitServer> {
  const { key, certificate } = selfSigned();
  const versions = [randomBytes(32)];
  const routes: Readonly<Record<string, (body: Json) => Json>> = {
    [`GET /v1/transit/keys/${keyName}`]: () => ({ name: keyName, type, latest_version: versions.length }),
    [`POST /v1/transit/keys/${keyName}/rotate`]: () => {
      versions.push(randomBytes(32));
      return { latest_version: versions.length };
    },
    [`POST /v1/transit/encrypt/${keyName}`]: ({ plaintext, associated_data }) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', versions.at(-1)!, nonce).setAAD(bytesOf(associated_data));
      const sealed = Buffer.concat([nonce, cipher.update(bytesOf(plaintext)), cipher.final(), cipher.getAuthTag()]);
      return { ciphertext: `vault:v${versions.length}:${sealed.toString('base64')}`, key_version: versions.length };
    },
    [`POST /v1/transit/decrypt/${keyName}`]: ({ ciphertext, associated_data }) => {
      const [, version, text] = /^vault:v(\d+):(.*)$/.exec(String(ciphertext)) ?? [];
      const sealed = bytesOf(text);
      const decipher = createDecipheriv('aes-256-gcm', versions[Number(version) - 1]!, sealed.subarray(0, 12));
      decipher.setAAD(bytesOf(associated_data)).setAuthTag(sealed.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
      return { plaintext: plaintext.toString('base64') };
    },
  };

  const server = createServer({ key, cert: certificate, minVersion: 'TLSv1.3' }, async (request, response) => {
    const { status, body } = await answer(request);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: Json }> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (state.outage !== undefined) return { status: state.outage, body: { errors: ['Vault is sealed'] } };
    if (request.headers['x-vault-token'] !== state.token)
      return { status: 403, body: { errors: ['permission denied'] } };
    const route = routes[`${request.method} ${request.url}`];
    if (route === undefined) return { status: 404, body: { errors: [] } };
    try {
      const text = Buffer.concat(chunks).toString();
      return { status: 200, body: { data: route(text === '' ? {} : JSON.parse(text)) } };
    } catch {
      return { status: 400, body: { errors: ['cipher: message authentication failed'] } };
    }
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const state: TransitServer = {
    address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: certificate,
    token: 'hvs.test',
    outage: undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return state;
}

const bytesOf = (text: unknown): Buffer => Buffer.from(String(text ?? ''), 'base64');

function selfSigned(): { key: string; certificate: string } {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-transit-'));
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=transit'.split(' ');
  const name = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certificateFile];
  execFileSync('openssl', [...args, ...name], { stdio: 'ignore' });
  const pair = { key: readFileSync(keyFile, 'utf8'), certificate: readFileSync(certificateFile, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}
