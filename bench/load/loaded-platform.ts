import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { toHex } from '#base/bytes';
import { MINUTE } from '#base/time';
import { randomSecret } from '#crypto/secret';
import { createLive } from '#edge/live/create-live';
import type { Live } from '#edge/live/live';
import { createEmbeddedBroker } from '#edge/mqtt/embedded-broker';
import { type CertificateAuthority, openCertificateAuthority } from '#edge/pki/certificate-authority';
import { toPem } from '#edge/pki/pem';
import { createServerIdentity } from '#edge/pki/server-identity';
import { openDataDirectory } from '#edge/serve/data-directory';
import { createKeyDesk } from '#edge/serve/enrolment-desk';
import { fleetSettings } from '#edge/serve/fleet-settings';
import { openRootKeys } from '#edge/serve/open-root-keys';
import { openStore } from '#edge/store/open-store';
import type { LoadPlan } from './load-generator.ts';

/** A platform on SQLite with its embedded broker, as `serve` composes it but without the interfaces for people. */
export interface LoadedPlatform {
  readonly live: Live;
  readonly directory: string;
  readonly port: number;
  readonly ca: string;
  /** Enrols glucose monitors, each of a subject of its own: straight in the registry, since EST is not what is measured. */
  enrol(prefix: string, count: number): Promise<LoadPlan['things']>;
  readonly deviceKey: string;
  /** What a listener for people shows. */
  readonly tls: TlsOptions;
  close(): Promise<void>;
}

/** Where its subjects are. */
export const BENCH_WARD = 'bench';
const clock = { now: () => Date.now() };
/** Enrolments under way at once: they share commits. */
const AT_ONCE = 64;

export async function startLoadedPlatform(): Promise<LoadedPlatform> {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-bench-'));
  const data = openDataDirectory(join(directory, 'data'));
  const live = await createLive({
    origin: 'bench/history',
    version: 'bench',
    clock,
    settings: fleetSettings({}),
    rootKeys: await openRootKeys({}, data, true),
    folds: [],
    epochs: data.epochs,
    openStore: () => openStore(data.history, 'writing'),
    log: () => {},
  });
  const authority = await openCertificateAuthority({
    clock,
    secrets: { load: async (name) => live.secrets.find(name), keep: (name, secret) => live.secrets.keep(name, secret) },
  });
  const identity = await createServerIdentity({ authority, clock, names: ['localhost'], addresses: ['127.0.0.1'] });
  const broker = createEmbeddedBroker({ live, identity, host: '127.0.0.1', port: 0 });
  const { port = 0 } = await broker.start();
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const deviceKey = toPem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)));
  const desk = createKeyDesk(live, [], () => undefined);

  const enrolOne = async (thing: string): Promise<LoadPlan['things'][number]> => {
    const { serial, notAfter, certificate, issuer } = await issue(authority, thing, publicKey);
    const digest = '0'.repeat(64);
    const subject = `s-${thing}`;
    const secret = randomSecret(32);
    await live.act((fleet) => {
      fleet.admitSubject(subject, BENCH_WARD);
      const wish = { thing, subject, role: 'cgm', model: 'glucose-monitor', speaksFor: [] };
      fleet.expectThing(wish, { digest, expiresAt: clock.now() + MINUTE });
      fleet.redeemOffer(thing, digest);
      fleet.certified(thing, { serial, notAfter, keyFingerprint: '', renewal: false });
    });
    await desk.keyed({ thing, serial, secret });
    return { thing, chain: `${certificate}${issuer}`, secret: toHex(secret) };
  };

  return {
    live,
    directory,
    port,
    ca: authority.root,
    deviceKey,
    tls: identity.options('requested'),
    enrol: async (prefix, count) => {
      const things: LoadPlan['things'][number][] = [];
      for (let from = 0; from < count; from += AT_ONCE) {
        const names = Array.from(
          { length: Math.min(AT_ONCE, count - from) },
          (_, index) => `${prefix}-${from + index}`,
        );
        things.push(...(await Promise.all(names.map(enrolOne))));
      }
      return things;
    },
    close: async () => {
      await broker.close();
      await live.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const issue = (authority: CertificateAuthority, thing: string, publicKey: Uint8Array) =>
  authority.issueDevice({
    thing,
    csr: {
      kind: 'CertificateRequest',
      publicKey,
      keyFingerprint: '',
      commonNames: [],
      isPlainName: true,
      alternativeNames: [],
    },
  });
