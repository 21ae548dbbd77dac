import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, MINUTE, type Millis } from '#base/time';
import { randomSecret } from '#crypto/secret';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import { createLive, type LiveDeps } from '#edge/live/create-live';
import type { Live } from '#edge/live/live';
import { type FleetSettings, type Fold, thingSecretName } from '#edge/live/opened';
import { platformKeys } from '#edge/live/platform-keys';
import { fleetSettings } from '#edge/serve/fleet-settings';
import { openStore } from '#edge/store/open-store';
import type { Store } from '#edge/store/store';
import { createEndpoint, type Endpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { Report, ThingValue } from '#model/thing/message';
import type { Receipt } from '#platform/fleet/receive';
import type { MemoryStore } from '../store/memory-store.ts';

export const SETTINGS: FleetSettings = fleetSettings({});

/** Monday 5 January 2026. */
export const START: Millis = Date.UTC(2026, 0, 5);
const HOUR: Millis = 60 * MINUTE;

export interface LiveBenchOptions {
  /** Where the newest checkpoint is kept beside the store; nowhere by default. */
  readonly head?: NonNullable<LiveDeps['head']>;
  /** A folder to use again, as after a restart; a new one by default. */
  readonly directory?: string;
  readonly location?: string;
  readonly wrapStore?: (store: Store) => Store;
  readonly folds?: readonly Fold[];
  readonly now?: Millis;
  /** Instead of the clock that is moved by hand. */
  readonly clock?: Clock;
  readonly version?: string;
  /** Epochs of earlier openings, which are kept beside the store and not in it. */
  readonly epochs?: number[];
  readonly settings?: Partial<FleetSettings>;
  /** Instead of a file: many times as quick, and an insider's way into it. */
  readonly memory?: MemoryStore;
  readonly snapshotEvery?: number;
  readonly tickEvery?: Millis;
  readonly onCommitted?: NonNullable<LiveDeps['onCommitted']>;
}

/** A line of the log with what it says beside. */
export interface Told {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A platform on a real store in a folder of its own, with a clock that is moved by hand. */
export async function openLiveBench(options: LiveBenchOptions = {}) {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'wardtwin-live-'));
  const location = options.location ?? join(directory, 'history.sqlite');
  let now = options.now ?? START;
  const epochs = options.epochs ?? [];
  const log: string[] = [];
  const told: Told[] = [];
  const live = await createLive({
    origin: 'test/history',
    version: options.version ?? 'test',
    clock: options.clock ?? { now: () => now },
    settings: { ...SETTINGS, ...options.settings },
    rootKeys: await openFileRootKeys({ directory: join(directory, 'root-keys'), create: true }),
    folds: options.folds ?? [],
    epochs: { last: () => epochs.at(-1) ?? 0, keep: (epoch) => void epochs.push(epoch) },
    ...(options.head === undefined ? {} : { head: options.head }),
    openStore: async () => {
      const store = options.memory?.open() ?? (await openStore(location, 'writing'));
      return options.wrapStore?.(store) ?? store;
    },
    log: (level, message, data = {}) => {
      log.push(message);
      told.push({ level, message, data });
    },
    tickEvery: options.tickEvery ?? 24 * HOUR,
    ...(options.snapshotEvery === undefined ? {} : { snapshotEvery: options.snapshotEvery }),
    ...(options.onCommitted === undefined ? {} : { onCommitted: options.onCommitted }),
  });
  return {
    live,
    directory,
    location,
    log,
    told,
    /** With their data, as they are written. */
    lines: () => told.map(({ message, data }) => JSON.stringify({ message, ...data })),
    now: () => now,
    pass: (time: Millis): void => {
      now += time;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export const WARD_ROLES = {
  gateway: 'gateway',
  cgm: 'glucose-monitor',
  pump: 'insulin-pump',
  handset: 'handset',
} as const;

/** A subject with its four devices, each with a key of its own; the three reach the platform by way of the gateway. */
export async function admitWard(live: Live, subject: string): Promise<DeviceBench> {
  const endpoints = new Map<string, Endpoint>();
  const commandKeys = platformKeys({ find: live.secrets.find, keep: () => {} }).command.map(
    ({ publicKey }) => publicKey,
  );
  await live.act((fleet) => fleet.admitSubject(subject, 'ward-1'));
  for (const [role, model] of Object.entries(WARD_ROLES)) {
    const thing = `${subject}-${role}`;
    const via = role === 'gateway' ? {} : { via: `${subject}-gateway` };
    const offer = { digest: role.padEnd(64, '0'), expiresAt: Number.MAX_SAFE_INTEGER };
    await live.act((fleet) => {
      fleet.expectThing({ thing, subject, role, model, ...via, speaksFor: [] }, offer);
      fleet.redeemOffer(thing, offer.digest);
    });
    endpoints.set(role, createEndpoint(await keyThing(live, thing), { commandKeys }));
  }
  return createDeviceBench(live, subject, endpoints);
}

export async function keyThing(live: Live, thing: string) {
  const secret = randomSecret(32);
  const key = deriveEnrolmentKey(thing, secret);
  const kept = live.secrets.keep(thingSecretName(thing, key.fingerprint), secret);
  await Promise.all([kept, live.act((fleet) => fleet.keyed(thing, secret))]);
  return key;
}

export type DeviceBench = ReturnType<typeof createDeviceBench>;

function createDeviceBench(live: Live, subject: string, endpoints: ReadonlyMap<string, Endpoint>) {
  const seal = (role: string, values: Readonly<Record<string, ThingValue>>): Uint8Array => {
    const at = live.clock.now();
    const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at }));
    const report: Report = { kind: 'Report', thing: `${subject}-${role}`, sentAt: at, measurements };
    return endpoints.get(role)!.seal(report);
  };
  const send = (bytes: Uint8Array, redelivered = false): Promise<Receipt> =>
    live.act((fleet) => fleet.receive(bytes, { thing: `${subject}-gateway`, proven: true, redelivered }));
  return {
    subject,
    endpoints,
    seal,
    send,
    tell: (role: string, values: Readonly<Record<string, ThingValue>>): Promise<Receipt> => send(seal(role, values)),
    acknowledge: (
      role: string,
      commandId: string,
      outcome: 'done' | 'refused' | 'expired',
      reason?: string,
    ): Promise<Receipt> => {
      const thing = `${subject}-${role}`;
      const at = live.clock.now();
      return send(
        endpoints.get(role)!.seal({
          kind: 'Acknowledgement',
          thing,
          commandId,
          outcome,
          at,
          ...(reason === undefined ? {} : { reason }),
        }),
      );
    },
  };
}
