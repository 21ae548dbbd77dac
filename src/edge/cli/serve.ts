import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { Fault } from '#base/fault';
import { MINUTE } from '#base/time';
import { joinDemo, writeViewerToken } from '../demo/join-demo.ts';
import { version } from '../exercise/version.ts';
import { openDataDirectory } from '../serve/data-directory.ts';
import { createLog, type Log } from '../serve/log.ts';
import { readServeConfig, type ServeConfig } from '../serve/serve-config.ts';
import { type RunningServer, startServer } from '../serve/start-server.ts';
import { createScaledClock, createSteadyClock } from '../serve/steady-clock.ts';
import { keptTimeScale } from '../serve/time-scale.ts';
import { EXIT } from './exit.ts';

export const DEFAULT_DATA = 'wardtwin-data';
const DEMO_DATA = 'wardtwin-demo';
const DEFAULT_CONFIG = 'wardtwin.yaml';
const DEMO_SPEED = 60;

interface ServeOptions {
  readonly config?: string;
  readonly data?: string;
  readonly demo: boolean;
  readonly speed?: number;
}

export function addServeCommand(program: Command, setExit: (code: number) => void): void {
  program
    .command('serve')
    .description('run a live ward: devices enrol, report and are mirrored; people and programs read and act')
    .option('--config <file>', `configuration (default: \`${DEFAULT_CONFIG}\` where there is one)`)
    .option(
      '--data <dir>',
      `where keys and history are kept (default: \`${DEFAULT_DATA}\`, with --demo \`${DEMO_DATA}\`)`,
    )
    .option('--demo', 'add the closed-loop ward of the laboratory as device processes of their own', false)
    .option('--speed <n>', `how much faster than real time the demo runs (default: ${DEMO_SPEED})`, speed)
    .action(async (options: ServeOptions) => setExit(await serve(options)));
}

async function serve(options: ServeOptions): Promise<number> {
  if (options.speed !== undefined && !options.demo) {
    throw new Fault('serve.speed', '--speed: only a demo runs at another speed than real time; add --demo');
  }
  const path = options.config ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
  const config = path === undefined ? (options.demo ? DEMO_CONFIG : {}) : readServeConfig(path);
  const log = createLog(config.log?.level);
  const data = openDataDirectory(options.data ?? (options.demo ? DEMO_DATA : DEFAULT_DATA));
  const realTime = createSteadyClock({
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    onStep: (by) => log('warn', 'the clock of this machine was set', { byMs: by }),
  });
  const scale = options.demo ? keptTimeScale(data, options.speed ?? DEMO_SPEED, realTime.now()) : undefined;
  const clock = scale === undefined ? realTime : createScaledClock(scale, realTime);
  const tickEvery = MINUTE / (scale?.speed ?? 1);

  const stopping = awaitSignal(log);
  const server = await startServer({ config, data, log, version, realTime, clock, tickEvery });
  const demo = scale === undefined ? undefined : await joinDemo(server, data.path, data.ca, scale, log);
  const viewer = demo === undefined ? undefined : await writeViewerToken(server.access, data.path);
  tell(server, data.ca, viewer);
  await stopping;
  await demo?.close();
  await server.close();
  log('info', 'stopped');
  return EXIT.accepted;
}

/** Free ports, so that a first look disturbs nothing. */
const DEMO_CONFIG: ServeConfig = { log: { level: 'warn' } };

/** Resolves at the first SIGINT or SIGTERM; a later one, when it is not part of the same key press, ends at once. */
function awaitSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const stop = (): void => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        log('info', 'stopping: finishing what is under way');
        resolve();
      } else if (performance.now() - firstAt > ONE_KEYPRESS_MS) {
        process.exit(EXIT.interrupted);
      }
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

const ONE_KEYPRESS_MS = 1_000;

/** What a person needs next; the log has the rest. */
function tell({ origin, mqttPort, setUpLink }: RunningServer, ca: string, viewer: string | undefined): void {
  const lines = [
    `wardtwin ${version} is ready at ${origin}${mqttPort === undefined ? '' : `, devices by MQTT on port ${mqttPort}`}`,
    `its certificate authority: ${ca} (devices and people trust this one)`,
    ...(setUpLink === undefined ? [] : [`make the first administrator with this link, once: ${setUpLink}`]),
    ...(viewer === undefined
      ? []
      : [`look at the demo ward: npx wardtwin watch --origin ${origin} --ca ${ca} --token-file ${viewer}`]),
  ];
  console.log(lines.join('\n'));
}

function speed(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('has to be a whole number');
  return Number(text);
}
