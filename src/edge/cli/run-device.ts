import { readFileSync } from 'node:fs';
import { Fault } from '#base/fault';
import { loadLaboratory } from '../catalog/laboratory.ts';
import { createDeviceClock } from '../device/device-clock.ts';
import { runDevice } from '../device/run-device.ts';
import { runRemote } from '../device/run-remote.ts';
import { startSideChannel } from '../device/side-channel.ts';
import type { TimeScale } from '../machine/scaled-clock.ts';
import type { DeviceOptions } from './device.ts';
import { EXIT } from './exit.ts';

/** Runs until SIGTERM or SIGINT. @throws Fault, CatalogFault */
export async function runDeviceProcess(model: string, options: DeviceOptions): Promise<number> {
  const stopping = awaitStop(options.attached);
  // who is told to stop while nobody answers yet has nothing to close
  const running = await Promise.race([start(model, options), stopping.then(() => process.exit(EXIT.accepted))]);
  await stopping;
  await running.close();
  return EXIT.accepted;
}

function start(model: string, options: DeviceOptions): Promise<{ close(): Promise<void> }> {
  const scale = scaleOf(options);
  const { sideChannel, pairing } = options;
  if (model === 'patient') {
    return startSideChannel(required(sideChannel, '--side-channel'), createDeviceClock(scale), setUp(options));
  }
  const directory = required(options.state, '--state');
  if (model === 'remote') {
    const surroundings = around(required(sideChannel, '--side-channel'), pairing);
    return Promise.resolve(runRemote({ directory, surroundings, scale }));
  }
  const token = options.tokenFile === undefined ? options.token : readText(options.tokenFile).trim();
  return runDevice({
    model,
    thing: required(options.thing, '--thing'),
    origin: required(options.origin, '--origin'),
    ...(options.mqtt === undefined ? {} : { mqtt: options.mqtt }),
    ...(options.ca === undefined ? {} : { ca: readText(options.ca) }),
    ...(token === undefined ? {} : { token }),
    directory,
    ...(sideChannel === undefined ? {} : { surroundings: around(sideChannel, pairing) }),
    ...setUp(options),
    scale,
    log: (line) => process.stderr.write(`${new Date().toISOString()} ${line}\n`),
  });
}

/** @throws CatalogFault, Fault for a ward or patient that is not there */
function setUp({ ward: wardId, patient: patientId, seed }: DeviceOptions) {
  const laboratory = loadLaboratory();
  const ward = laboratory.wards.get(wardId);
  if (ward === undefined) {
    throw new Fault(
      'device.unknown-ward',
      `--ward: no \`${wardId}\`; there are ${[...laboratory.wards.keys()].join(', ')}`,
    );
  }
  return { ward, patient: laboratory.patientOf(patientId), seed };
}

const around = (sideChannel: string, pairing: string | undefined) => ({
  sideChannel,
  pairing: required(pairing, '--pairing'),
});

const scaleOf = ({ epoch, realEpoch = Date.now(), speed }: DeviceOptions): TimeScale => ({
  realAnchor: realEpoch,
  simulatedAnchor: epoch ?? realEpoch,
  speed,
});

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new Fault('device.option-missing', `device run: ${option} is missing`);
  return value;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault('device.unreadable', `device run: \`${path}\` cannot be read; ${(cause as Error).message}`);
  }
}

function awaitStop(attached: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (attached) process.stdin.once('end', () => resolve()).resume();
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
