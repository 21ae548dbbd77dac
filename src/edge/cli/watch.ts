import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { Fault } from '#base/fault';
import { SECOND } from '#base/time';
import { EXIT } from './exit.ts';
import { DEMO_DATA } from './serve.ts';
import { inColour, plain } from './watch/paint.ts';
import { createPlatformReader, type PlatformReader } from './watch/platform-reader.ts';
import { frameOf } from './watch/twin-frame.ts';
import { readTwins } from './watch/twin-reading.ts';

interface WatchOptions {
  readonly data: string;
  readonly origin?: string;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly subject?: string;
  readonly every: number;
  readonly once: boolean;
}

const CLEAR = '\u001b[H\u001b[2J';
const FASTEST = 1;
const SLOWEST = 3_600;

export function addWatchCommand(program: Command, setExit: (code: number) => void): void {
  program
    .command('watch')
    .description('look at twins in a terminal: glucose with its forecast, insulin, devices, findings, incidents')
    .option('--data <dir>', 'data directory of a demo on this machine, which holds all that is needed', DEMO_DATA)
    .option('--origin <url>', 'another platform, https://host:port')
    .option('--ca <file>', 'its root certificate')
    .option('--token-file <file>', 'a file with a token that may read twins')
    .option('--subject <id>', 'only this one')
    .option('--every <seconds>', 'how often to look', period, 3)
    .option('--once', 'show it once and end', false)
    .action(async (options: WatchOptions) => setExit(await watch(options)));
}

/** @throws Fault `watch.*` */
async function watch(options: WatchOptions): Promise<number> {
  const { data } = options;
  const reader = createPlatformReader({
    origin: options.origin ?? readText(join(data, 'address')).trim(),
    ca: readText(options.ca ?? join(data, 'ca.pem')),
    token: readText(options.tokenFile ?? join(data, 'watch-token')).trim(),
  });
  try {
    if (options.once) process.stdout.write(await frame(reader, options));
    else await follow(reader, options);
    return EXIT.accepted;
  } finally {
    reader.close();
  }
}

async function follow(reader: PlatformReader, options: WatchOptions): Promise<void> {
  let isStopped = false;
  let wake = (): void => {};
  const stop = (): void => {
    isStopped = true;
    wake();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // the first look fails for good: a wrong address or token does not mend itself. Later the platform may be away for a while.
  let text = await frame(reader, options);
  while (!isStopped) {
    process.stdout.write(process.stdout.isTTY ? `${CLEAR}${text}` : text);
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, options.every * SECOND);
    });
    if (!isStopped) text = await frame(reader, options).catch((error: Error) => `${error.message}\n`);
  }
}

async function frame(reader: PlatformReader, { subject }: WatchOptions): Promise<string> {
  const paint = process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? inColour : plain;
  const twins = await readTwins(reader, subject);
  if (twins.length === 0) return 'no twin that this token may see\n';
  return `${twins.map((twin) => frameOf(twin, paint).join('\n')).join('\n\n')}\n`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new Fault(
      'watch.unreadable',
      `watch: \`${path}\` cannot be read; start \`npx wardtwin serve --demo\`, or name --origin, --ca and --token-file`,
    );
  }
}

function period(text: string): number {
  const seconds = Number(text);
  if (seconds >= FASTEST && seconds <= SLOWEST) return seconds;
  throw new InvalidArgumentError(`has to be from ${FASTEST} to ${SLOWEST} seconds`);
}
