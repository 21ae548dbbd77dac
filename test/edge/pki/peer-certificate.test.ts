import assert from 'node:assert/strict';
import 'reflect-metadata';
import { type AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { DAY } from '#base/time';
import { readCertificate } from '#edge/pki/authority-certificate';
import { importAuthorityKey, loadAuthority } from '#edge/pki/authority-key';
import { openCertificateAuthority } from '#edge/pki/certificate-authority';
import { type Peer, thingOfPeer } from '#edge/pki/peer-certificate';
import { toPem } from '#edge/pki/pem';
import { makeSerialNumber } from '#edge/pki/serial-number';
import { createServerIdentity } from '#edge/pki/server-identity';
import { createSteppedClock } from './enrolment-server.ts';
import { createMemorySecrets } from './memory-desk.ts';

/** What a certificate says, each by default as the authority writes it for `pump-1`. */
interface Claims {
  readonly subject?: string;
  readonly names?: JsonGeneralNames;
  readonly usages?: readonly ExtendedKeyUsage[];
  readonly authority?: boolean;
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Signed by somebody else's authority of the same making. */
  readonly foreign?: boolean;
}

interface Seen {
  readonly peer: Peer | undefined;
  readonly authorized: boolean;
}

const clock = createSteppedClock();
const URN = { type: 'url', value: 'urn:wardtwin:thing:pump-1' } as const;
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

async function openListener() {
  const [secrets, foreignSecrets] = [createMemorySecrets(), createMemorySecrets()];
  const authority = await openCertificateAuthority({ secrets, clock });
  await openCertificateAuthority({ secrets: foreignSecrets, clock });
  const identity = await createServerIdentity({ authority, clock, names: ['localhost'], addresses: [] });

  /** A certificate that the genuine issuing key signed, whatever it says. */
  const sign = async (claims: Claims) => {
    const stored = (await loadAuthority(claims.foreign ? foreignSecrets : secrets, 'issuing'))!;
    const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify']);
    const extensions: Extension[] = [
      new BasicConstraintsExtension(claims.authority ?? false, undefined, true),
      new ExtendedKeyUsageExtension([...(claims.usages ?? [ExtendedKeyUsage.clientAuth])]),
    ];
    if (claims.names?.length !== 0) extensions.push(new SubjectAlternativeNameExtension(claims.names ?? [URN]));
    const certificate = await X509CertificateGenerator.create({
      serialNumber: makeSerialNumber(),
      subject: claims.subject ?? 'CN=pump-1',
      issuer: readCertificate(stored.certificate).subjectName,
      notBefore: new Date(claims.notBefore ?? Date.now() - DAY),
      notAfter: new Date(claims.notAfter ?? Date.now() + DAY),
      publicKey: keys.publicKey,
      signingKey: await importAuthorityKey('issuing', stored.key),
      signingAlgorithm: EC,
      extensions,
    });
    return {
      cert: toPem('CERTIFICATE', new Uint8Array(certificate.rawData)),
      key: toPem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey))),
      serial: certificate.serialNumber,
    };
  };

  /** Whom the listener takes the owner of this certificate for, now and later, and what the handshake alone made of it. */
  const seen = async (client: { readonly cert?: string; readonly key?: string }, later = 0): Promise<Seen> => {
    const server = createServer(identity.options('requested'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const accepted = new Promise<TLSSocket>((resolve) => server.once('secureConnection', resolve));
    const { port } = server.address() as AddressInfo;
    const { cert, key } = client;
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority.root,
      ...(cert && key ? { cert, key } : {}),
    });
    socket.on('error', () => {});
    try {
      const peer = await accepted;
      thingOfPeer(peer, clock.now());
      return { peer: thingOfPeer(peer, clock.now() + later), authorized: peer.authorized };
    } finally {
      socket.destroy();
      server.close();
    }
  };
  return { sign, seen };
}

test('a device is known by its certificate, for as long as that holds', async () => {
  const { sign, seen } = await openListener();
  const device = await sign({});
  const { peer } = await seen(device);
  assert.equal(peer?.thing, 'pump-1');
  assert.equal(peer?.serial, device.serial);
  // the handshake was good, and the connection outlives the certificate
  assert.deepEqual(await seen(device, 2 * DAY), { peer: undefined, authorized: true });
});

test('default_refuse: whatever is not exactly a certificate of a device is nobody', async () => {
  const { sign, seen } = await openListener();
  const urn = (value: string) => ({ type: 'url', value }) as const;
  const unchained: Readonly<Record<string, Claims>> = {
    'another authority': { foreign: true },
    expired: { notAfter: Date.now() - 1_000 },
    'not yet valid': { notBefore: Date.now() + DAY / 2 },
    'a certificate of a server': { usages: [ExtendedKeyUsage.serverAuth] },
  };
  // the chain of these is good: it is for us to see that the issuing authority would never have written them
  const chained: Readonly<Record<string, Claims>> = {
    'names that differ': { names: [urn('urn:wardtwin:thing:pump-2')] },
    'no alternative name': { names: [] },
    'two alternative names': { names: [URN, urn('urn:wardtwin:thing:pump-2')] },
    'an alternative name of another kind': { names: [{ type: 'dns', value: 'pump-1' }] },
    'another name beside it': { names: [URN, { type: 'dns', value: 'pump-1' }] },
    'a name that reads like two': { names: [urn('urn:wardtwin:thing:pump-1, URI:urn:wardtwin:thing:pump-2')] },
    'no common name': { subject: 'O=pump-1' },
    'two common names': { subject: 'CN=pump-1, CN=pump-2' },
    'more than a common name': { subject: 'O=Acme, CN=pump-1' },
    'no thing id': { subject: 'CN=Pump 1', names: [urn('urn:wardtwin:thing:Pump 1')] },
    'usages beside it': { usages: [ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth] },
    'an authority': { authority: true },
  };
  for (const [cases, authorized] of [
    [unchained, false],
    [chained, true],
  ] as const) {
    for (const [name, claims] of Object.entries(cases)) {
      assert.deepEqual(await seen(await sign(claims)), { peer: undefined, authorized }, name);
    }
  }
  assert.deepEqual(await seen({}), { peer: undefined, authorized: false }, 'no certificate');
  assert.equal(thingOfPeer(new Socket(), clock.now()), undefined, 'no TLS');
});
