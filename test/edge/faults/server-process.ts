import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND } from '#base/time';
import { startWardtwin } from '../cli/command-line.ts';

const READY_WITHIN = 30 * SECOND;
const READY = /ready at (https:\/\/localhost:(\d+)), devices by MQTT on port (\d+)/;

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** `npx wardtwin serve` as a process. */
export interface ServerProcess {
  readonly origin: string;
  readonly httpPort: number;
  readonly mqttPort: number;
  readonly log: readonly LogLine[];
  /** Bytes of memory in use. */
  memory(): number;
  /** Resolves with the exit code, null after SIGKILL. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

function listen(child: ReturnType<typeof startWardtwin>): { out: string; err: string } {
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  return said;
}

/** A configuration of free ports. */
export function writeConfig(folder: string, more = ''): string {
  const path = join(folder, 'wardtwin.yaml');
  writeFileSync(path, `http:\n  port: 0\nmqtt:\n  port: 0\n${more}`);
  return path;
}

/** A server that is on its way up. */
export interface Starting {
  /** @throws Error with what it said, when it ends instead */
  readonly ready: Promise<ServerProcess>;
  /** Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts the server on `folder`/data. */
export function beginServe(folder: string, more = ''): Starting {
  const child = startWardtwin(['serve', '--config', writeConfig(folder, more), '--data', join(folder, 'data')]);
  const said = listen(child);
  const closed = once(child, 'close').then(([code]) => code as number | null);
  const ready = Promise.withResolvers<RegExpExecArray>();
  const fail = (how: string): void => {
    child.kill('SIGKILL');
    ready.reject(new Error(`the server ${how}:\n${said.out}\n${said.err}`));
  };
  const late = setTimeout(() => fail('is not ready in time'), READY_WITHIN);
  child.stdout.on('data', () => {
    const match = READY.exec(said.out);
    if (match !== null) ready.resolve(match);
  });
  void closed.then((code) => {
    clearTimeout(late);
    fail(`ended with code \`${code}\``);
  });
  const describe = ([, origin, httpPort, mqttPort]: RegExpExecArray): ServerProcess => {
    clearTimeout(late);
    return {
      origin: origin!,
      httpPort: Number(httpPort),
      mqttPort: Number(mqttPort),
      get log() {
        return linesOf(said.err);
      },
      memory: () => 1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
      end: (signal) => {
        child.kill(signal);
        return closed;
      },
    };
  };
  return {
    ready: ready.promise.then(describe),
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

export const serve = (folder: string, more = ''): Promise<ServerProcess> => beginServe(folder, more).ready;

const linesOf = (text: string): readonly LogLine[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
