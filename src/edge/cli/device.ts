import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { Fault } from '#base/fault';
import { loadLaboratory } from '../catalog/laboratory.ts';
import { createDeviceClock } from '../device/device-clock.ts';
import { runDevice } from '../device/run-device.ts';
import { runRemote } from '../device/run-remote.ts';
import { startSideChannel } from '../device/side-channel.ts';
import type { TimeScale } from '../serve/steady-clock.ts';
import { EXIT } from './exit.ts';

interface DeviceOptions {
  readonly thing?: string;
  readonly origin?: string;
  readonly mqtt?: string;
  readonly ca?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly state?: string;
  readonly sideChannel?: string;
  readonly pairing?: string;
  readonly ward: string;
  readonly patient: string;
  readonly seed: string;
  readonly epoch?: number;
  readonly realEpoch?: number;
  readonly speed: number;
  readonly attached: boolean;
}

export function addDeviceCommand(program: Command, setExit: (code: number) => void): void {
  const device = program.command('device').description('devices as processes of their own');
  device
    .command('run')
    .description('run a device: it enrols, connects and reports until it is stopped')
    .argument('<model>', 'glucose-monitor, insulin-pump, handset, gateway, remote, or patient (whom they are around)')
    .option('--thing <id>', 'the name it was expected under')
    .option('--origin <url>', 'the platform, https://host:port')
    .option('--mqtt <host:port>', "the platform's broker (default: what the platform says, or port 8883)")
    .option('--ca <file>', 'root certificate of the platform; for the first start')
    .option('--token <token>', 'single-use enrolment token; for the first start')
    .option('--token-file <file>', 'a file that holds the token, so that no list of processes shows it')
    .option('--state <dir>', 'where it keeps certificate, keys and counters')
    .option('--side-channel <socket>', 'where the patient is; without it the device is on its own')
    .option('--pairing <file>', 'what devices with one patient know of each other')
    .option('--ward <id>', 'how the devices are set up, from the catalog', 'closed-loop-home')
    .option('--patient <id>', 'for whom, from the catalog', 'adult#001')
    .option('--seed <text>', 'makes the patient live the same life again', '1')
    .option('--epoch <ms>', 'device time at --real-epoch', whole)
    .option('--real-epoch <ms>', 'an instant of real time (default: now)', whole)
    .option('--speed <n>', 'how much faster than real time device time passes', factor, 1)
    .option('--attached', 'stop when standard input ends, as it does with whoever started this', false)
    .action(async (model: string, options: DeviceOptions) => setExit(await run(model, options)));
}

/** Runs until SIGTERM or SIGINT. @throws Fault, CatalogFault */
async function run(model: string, options: DeviceOptions): Promise<number> {
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

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('has to be milliseconds, a whole number');
  return value;
}

const FASTEST = 600;

function factor(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= FASTEST)) throw new InvalidArgumentError(`has to be from 1 to ${FASTEST}`);
  return value;
}
