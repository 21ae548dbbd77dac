import { existsSync } from 'node:fs';
import { Fault } from '#base/fault';
import { MINUTE } from '#base/time';
import { joinDemo, writeViewerToken } from '../demo/join-demo.ts';
import { version } from '../exercise/version.ts';
import { PUBLIC, replaceFile } from '../machine/durable-file.ts';
import { createScaledClock } from '../machine/scaled-clock.ts';
import { createSteadyClock } from '../machine/steady-clock.ts';
import { type DataDirectory, openDataDirectory } from '../serve/data-directory.ts';
import { createLog, type Log } from '../serve/log.ts';
import { readServeConfig, type ServeConfig } from '../serve/serve-config.ts';
import { type RunningServer, startServer } from '../serve/start-server.ts';
import { keptTimeScale } from '../serve/time-scale.ts';
import { EXIT } from './exit.ts';
import { DEFAULT_CONFIG, DEFAULT_DATA, DEMO_DATA, DEMO_SPEED, type ServeOptions } from './serve.ts';

export async function serve(options: ServeOptions): Promise<number> {
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
  if (demo !== undefined) await writeViewerToken(server.access, data.path);
  replaceFile(data.address, `${server.origin}\n`, PUBLIC);
  tell(server, data, demo !== undefined);
  await stopping;
  await demo?.close();
  await server.close();
  log('info', 'stopped');
  return EXIT.accepted;
}

/** Free ports, so that a first look disturbs nothing. */
const DEMO_CONFIG: ServeConfig = { http: { port: 0 }, mqtt: { port: 0 }, log: { level: 'warn' } };

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
function tell({ origin, mqttPort, setUpLink }: RunningServer, { ca, path }: DataDirectory, isDemo: boolean): void {
  const devices = mqttPort === undefined ? '' : `, devices by MQTT on port ${mqttPort}`;
  console.log(`wardtwin ${version} is ready at ${origin}${devices}`);
  console.log(`its certificate authority, which devices and people trust: ${ca}`);
  if (setUpLink !== undefined) console.log(`make the first administrator with this link, once: ${setUpLink}`);
  if (!isDemo) return;
  const where = path === DEMO_DATA ? '' : ` --data ${path}`;
  console.log(`look at the demo ward from another terminal: npx wardtwin watch${where}`);
}
