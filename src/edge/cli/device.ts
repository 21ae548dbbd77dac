import { type Command, InvalidArgumentError } from 'commander';

export interface DeviceOptions {
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
    .action(async (model: string, options: DeviceOptions) => {
      const { runDeviceProcess } = await import('./run-device.ts');
      setExit(await runDeviceProcess(model, options));
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
