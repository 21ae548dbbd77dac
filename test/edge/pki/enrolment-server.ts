import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import fastify, { type FastifyPluginAsync } from 'fastify';
import type { Millis } from '#base/time';
import { type CertificateAuthority, openCertificateAuthority } from '#edge/pki/certificate-authority';
import { estRoutes } from '#edge/pki/est';
import type { RevokedCertificate } from '#edge/pki/revocation-list';
import { revocationRoute } from '#edge/pki/revocation-route';
import { createServerIdentity, type ServerIdentity } from '#edge/pki/server-identity';
import { createMemoryDesk, createMemorySecrets, type MemoryDesk } from './memory-desk.ts';

/** The real time, and by how much this platform's clock is ahead of it. */
export interface SteppedClock {
  now(): Millis;
  ahead: Millis;
}

export const createSteppedClock = (): SteppedClock => ({
  ahead: 0,
  now() {
    return Date.now() + this.ahead;
  },
});

export interface EnrolmentServer {
  readonly origin: string;
  readonly authority: CertificateAuthority;
  readonly identity: ServerIdentity;
  readonly desk: MemoryDesk;
  readonly clock: SteppedClock;
  readonly revoked: RevokedCertificate[];
  /** A directory of its own, with the root in `root.pem`. */
  readonly directory: string;
}

/** A platform as far as devices see it when they enrol: HTTPS on a free port of the loopback, until the test ends. */
export async function startEnrolmentServer(
  context: TestContext,
  more: (server: Omit<EnrolmentServer, 'origin'>) => readonly FastifyPluginAsync[] = () => [],
): Promise<EnrolmentServer> {
  const clock = createSteppedClock();
  const authority = await openCertificateAuthority({ secrets: createMemorySecrets(), clock });
  const identity = await createServerIdentity({ authority, clock, names: ['localhost'], addresses: ['127.0.0.1'] });
  const desk = createMemoryDesk(() => clock.now());
  const revoked: RevokedCertificate[] = [];
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'root.pem'), authority.root);
  const app = fastify({ https: identity.options('requested'), logger: false, forceCloseConnections: true });
  const stopFollowing = identity.follow(app.server);
  const parts = { authority, identity, desk, clock, revoked, directory };
  await app.register(estRoutes({ authority, desk, clock }));
  await app.register(revocationRoute({ authority, clock, revoked: () => revoked }));
  for (const plugin of more(parts)) await app.register(plugin);
  await app.listen({ port: 0, host: '127.0.0.1' });
  context.after(async () => {
    stopFollowing();
    await app.close();
  });
  return { ...parts, origin: `https://localhost:${(app.server.address() as AddressInfo).port}` };
}

export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-pki-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
