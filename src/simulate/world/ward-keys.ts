import type { Random } from '#base/random';
import { importAeadKey } from '#crypto/aead';
import { type SigningKey, signingKeyFromSeed } from '#crypto/sign';
import type { Enrolment } from '#mirror/channel/enrolment';
import type { LinkConfiguration } from '#model/device/link/link';
import type { Peer } from '#model/device/link/peer';
import { deriveEnrolmentKey, type EnrolmentKey } from '#model/thing/enrolment-key';
import type { ThingId } from '#model/thing/thing-id';

const PEERS: readonly Peer[] = ['cgm', 'handset', 'remote', 'pump', 'gateway'];

export interface WardKeys {
  readonly serials: LinkConfiguration['serials'];
  readonly link: LinkConfiguration['keys'];
  readonly enrolment: Readonly<Record<'cgm' | 'pump' | 'handset' | 'gateway', EnrolmentKey>>;
  readonly makerSeed: Uint8Array;
  readonly historySeed: Uint8Array;
  readonly commandIdSeed: Uint8Array;
  /** Signs the platform's commands. Ed25519: an ML-DSA signature is longer than a frame of the radio, and another one in each run. */
  readonly command: SigningKey;
}

/** Test keys by construction: whoever knows the seed of the exercise knows them, so that it can be repeated. */
export function createWardKeys(random: Random): WardKeys {
  const serials = Object.fromEntries(
    PEERS.map((peer) => [peer, 100_000 + (random.fork(`serial/${peer}`).uint32() % 900_000)]),
  );
  const link = Object.fromEntries(
    PEERS.map((peer) => [peer, importAeadKey('A128GCM', random.fork(`link/${peer}`).bytes(16))]),
  );
  const enrolment = (thing: ThingId) => deriveEnrolmentKey(thing, random.fork(`enrolment/${thing}`).bytes(32));
  return {
    serials,
    link,
    enrolment: {
      cgm: enrolment('cgm'),
      pump: enrolment('pump'),
      handset: enrolment('handset'),
      gateway: enrolment('gateway'),
    },
    makerSeed: random.fork('maker').bytes(32),
    historySeed: random.fork('history').bytes(32),
    commandIdSeed: random.fork('command ids').bytes(32),
    command: signingKeyFromSeed('Ed25519', random.fork('command').bytes(32)),
  };
}

/** With sealed telemetry nobody speaks for anybody; without it the gateway does for all. */
export function enrolmentsOf({ enrolment }: WardKeys, deviceSignedTelemetry: boolean): readonly Enrolment[] {
  const speaksFor = deviceSignedTelemetry ? [] : ['cgm', 'pump', 'handset'];
  return [
    { thing: 'cgm', key: enrolment.cgm, speaksFor: [], model: 'glucose-monitor' },
    { thing: 'pump', key: enrolment.pump, speaksFor: [], model: 'insulin-pump' },
    { thing: 'handset', key: enrolment.handset, speaksFor: [], model: 'handset' },
    { thing: 'gateway', key: enrolment.gateway, speaksFor, model: 'gateway' },
  ];
}
