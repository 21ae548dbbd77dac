import { createRandom } from '#base/random';
import { signingKeyFromSeed } from '#crypto/sign';
import { fleetSettings } from '#edge/serve/fleet-settings';
import type { HistoryRecord } from '#mirror/history/record';
import { commandIdOf } from '#model/thing/command-id';
import { createEndpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { Report, ThingValue } from '#model/thing/message';
import { createFleet } from '#platform/fleet/fleet';

const SETTINGS = fleetSettings({});

export const START = Date.UTC(2026, 0, 5);
export const OFFER = { digest: 'ab'.repeat(32), expiresAt: START + 3_600_000 };

/** A fleet whose records stay in a list, and devices that seal for real. Its clock is moved by hand. */
export function createFleetBench(settings: Partial<typeof SETTINGS> = {}) {
  const random = createRandom('fleet');
  const records: HistoryRecord[] = [];
  const secrets = new Map<string, Uint8Array>();
  const signer = signingKeyFromSeed('Ed25519', random.fork('command').bytes(32));
  let now = START;
  const create = () =>
    createFleet({
      clock: { now: () => now },
      history: { append: (record) => void records.push(record) },
      ...SETTINGS,
      ...settings,
      commandSigners: [signer],
      commandIdOf: (subject, ordinal, at) => commandIdOf(random.fork(`ids/${subject}`).bytes(32), ordinal, at),
      secretOf: (thing, fingerprint) => secrets.get(`${thing}/${fingerprint}`),
    });
  const fleet = create();

  /** Keys a thing and gives its end of the channel. */
  const key = (thing: string, label = 'key') => {
    const secret = random.fork(`${thing}/${label}`).bytes(32);
    const enrolmentKey = deriveEnrolmentKey(thing, secret);
    secrets.set(`${thing}/${enrolmentKey.fingerprint}`, secret);
    fleet.keyed(thing, secret);
    return createEndpoint(enrolmentKey, { commandKeys: [signer.publicKey] });
  };

  return {
    fleet,
    records,
    /** Another fleet that knows nothing yet. */
    create,
    key,
    now: () => now,
    pass: (time: number): void => {
      now += time;
    },
    kinds: () => records.map(({ kind }) => kind),
    expect: (thing: string, subject: string, role: string, model: string, via?: string): void => {
      fleet.expectThing({ thing, subject, role, model, ...(via === undefined ? {} : { via }), speaksFor: [] }, OFFER);
    },
    report: (thing: string, values: Readonly<Record<string, ThingValue>>): Report => ({
      kind: 'Report',
      thing,
      sentAt: now,
      measurements: Object.entries(values).map(([name, value]) => ({ name, value, at: now })),
    }),
  };
}
