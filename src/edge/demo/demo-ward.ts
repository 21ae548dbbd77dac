import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SubjectId } from '#mirror/history/record';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { ThingId } from '#model/thing/thing-id';
import type { ThingWish } from '#platform/fleet/registry';
import { writePairing } from '../device/pairing.ts';
import type { TimeScale } from '../machine/scaled-clock.ts';
import { identifyDemoModel } from './demo-model.ts';
import { createSupervisor } from './supervisor.ts';

export interface DemoWardDeps {
  /** The platform as devices reach it. */
  readonly origin: string;
  /** `host:port` of its broker. */
  readonly mqtt: string;
  /** Its root certificate. */
  readonly caFile: string;
  /** Admits the subject; does nothing for one that is there. */
  readonly admit: (subject: SubjectId, ward: string) => Promise<void>;
  /** Expects a device, and gives its single-use token. */
  readonly offer: (wish: ThingWish) => Promise<string>;
  readonly isCommissioned: (subject: SubjectId) => boolean;
  readonly commission: (subject: SubjectId, model: CommissionedModel) => Promise<void>;
  /** Where devices keep what is theirs, and their logs. */
  readonly directory: string;
  readonly scale: TimeScale;
  readonly log: (message: string, data: Readonly<Record<string, unknown>>) => void;
}

export interface DemoWard {
  readonly subject: SubjectId;
  /** Process ids by name. */
  pids(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export const DEMO_SUBJECT: SubjectId = 'demo';
const WARD = 'closed-loop-home';
const PATIENT = 'adult#001';
const GATEWAY: ThingId = 'demo-gateway';

interface DemoDevice {
  readonly thing: ThingId;
  readonly role: ThingId;
  readonly model: string;
  /** Reached through the gateway; it sees only what they sealed. */
  readonly via?: ThingId;
}

const DEVICES: readonly DemoDevice[] = [
  { thing: GATEWAY, role: 'gateway', model: 'gateway' },
  { thing: 'demo-pump', role: 'pump', model: 'insulin-pump', via: GATEWAY },
  { thing: 'demo-handset', role: 'handset', model: 'handset', via: GATEWAY },
  { thing: 'demo-cgm', role: 'cgm', model: 'glucose-monitor', via: GATEWAY },
];

const PROGRAM = fileURLToPath(new URL('../../../bin/wardtwin.mjs', import.meta.url));

/**
 * The closed-loop ward of the laboratory as processes of this same program: a patient, and around them a glucose monitor, a pump,
 * a handset and a gateway, which enrol and speak as any device does. What they do with each other and with the body goes
 * through a socket that the platform has no part in.
 */
export async function startDemo(deps: DemoWardDeps): Promise<DemoWard> {
  const { directory } = deps;
  const logs = join(directory, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const pairing = join(directory, 'pairing.json');
  if (!existsSync(pairing)) writePairing(pairing);
  await deps.admit(DEMO_SUBJECT, WARD);
  if (!deps.isCommissioned(DEMO_SUBJECT)) {
    await deps.commission(DEMO_SUBJECT, await identifyDemoModel(WARD, PATIENT));
  }

  const surroundings = ['--side-channel', join(directory, 'patient.sock')];
  const supervisor = createSupervisor({ program: PROGRAM, log: deps.log });
  const start = (name: string, model: string, args: readonly string[]): void =>
    supervisor.start({
      name,
      args: ['device', 'run', model, ...surroundings, ...setUp(deps.scale), ...args],
      logFile: join(logs, `${name}.log`),
    });

  start('demo-patient', 'patient', []);
  for (const device of DEVICES) {
    const state = join(directory, device.thing);
    const token = await tokenFor(deps, device, state);
    const platform = ['--origin', deps.origin, '--mqtt', deps.mqtt, '--ca', deps.caFile];
    start(device.thing, device.model, [
      '--thing',
      device.thing,
      ...platform,
      ...token,
      '--state',
      state,
      '--pairing',
      pairing,
    ]);
  }
  return { subject: DEMO_SUBJECT, pids: supervisor.pids, close: supervisor.stop };
}

/** A device that has its certificate needs no token. One that had a token and no certificate yet is given another. */
async function tokenFor({ offer }: DemoWardDeps, device: DemoDevice, state: string): Promise<readonly string[]> {
  if (existsSync(join(state, 'device.pem'))) return [];
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const file = join(state, 'token');
  writeFileSync(file, `${await offer({ ...device, subject: DEMO_SUBJECT, speaksFor: [] })}\n`, { mode: 0o600 });
  return ['--token-file', file];
}

/** The same ward, patient and time for all. They end when this process does, however that ends. */
const setUp = ({ simulatedAnchor, realAnchor, speed }: TimeScale): readonly string[] => [
  '--ward',
  WARD,
  '--patient',
  PATIENT,
  '--epoch',
  `${simulatedAnchor}`,
  '--real-epoch',
  `${realAnchor}`,
  '--speed',
  `${speed}`,
  '--attached',
];
