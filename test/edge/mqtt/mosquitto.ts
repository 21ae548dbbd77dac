import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { MOSQUITTO_ACCESS_LIST, mosquittoConfig, PLATFORM_USER } from '#edge/mqtt/mosquitto-config';
import type { CertificateAuthority } from '#edge/pki/certificate-authority';
import { run } from '../pki/shell.ts';

export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  readonly platform: { readonly kind: 'certificate'; readonly certificate: string; readonly key: string };
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A real mosquitto on a free port of the loopback, configured as docs/external-broker.md says. */
export async function startMosquitto(context: TestContext, authority: CertificateAuthority): Promise<Mosquitto> {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-mosquitto-'));
  const path = (name: string): string => join(directory, name);
  mkdirSync(path('data'));
  const port = await freePort();
  const server = await authority.issueServer({ names: ['localhost'], addresses: ['127.0.0.1'] });
  const platform = await makePlatformCertificate(directory);
  writeFileSync(path('server.pem'), `${server.certificate}${server.issuer}`);
  writeFileSync(path('server.key'), server.key);
  writeFileSync(path('roots.pem'), `${authority.root}${platform.root}`);
  writeFileSync(path('access'), MOSQUITTO_ACCESS_LIST);
  const config = mosquittoConfig({
    port,
    address: '127.0.0.1',
    clientRoots: path('roots.pem'),
    certificate: path('server.pem'),
    key: path('server.key'),
    accessList: path('access'),
    data: path('data'),
  });
  // it gives up the rights of root, and would not find its files as somebody else
  writeFileSync(path('config'), `user ${process.env['USER'] ?? 'root'}\n${config}`);
  chmodSync(path('server.key'), 0o600);

  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn('mosquitto', ['-c', path('config')], {
      stdio: 'ignore',
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
    });
    await reachable(port);
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  };
  context.after(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });
  await start();
  return {
    port,
    url: `mqtts://localhost:${port}`,
    platform: { kind: 'certificate', certificate: platform.certificate, key: platform.key },
    start,
    stop,
  };
}

/** The steps of docs/external-broker.md. */
async function makePlatformCertificate(directory: string) {
  await run(
    directory,
    [
      'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout operator.key -out operator.pem -days 365 -subj "/CN=operator"',
      `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout platform.key -out platform.csr -subj "/CN=${PLATFORM_USER}"`,
      'openssl x509 -req -in platform.csr -CA operator.pem -CAkey operator.key -CAcreateserial -days 90 -out platform.pem',
    ].join(' && '),
  );
  const read = (name: string): Promise<string> => run(directory, `cat ${name}`);
  return { root: await read('operator.pem'), certificate: await read('platform.pem'), key: await read('platform.key') };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Resolves as soon as somebody listens. */
async function reachable(port: number): Promise<void> {
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => setTimeout(() => resolve(false), 20));
    });
    if (isThere) return;
  }
}
