import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WitnessConfig } from '#edge/witness/remote-witness';

const WARDTWIN = fileURLToPath(new URL('../../../bin/wardtwin.mjs', import.meta.url));

/** `npx wardtwin history witness --listen`, in a process of its own. */
export interface WitnessProcess extends WitnessConfig {
  readonly port: number;
  /** As when the power fails. */
  kill(): Promise<void>;
  /** Resolves to its exit code. */
  stop(): Promise<number | null>;
}

export interface WitnessProcessOptions {
  readonly state: string;
  readonly name: string;
  /** File with the keys of the log that it witnesses. */
  readonly logKey: string;
  /** A free one by default. */
  readonly port?: number;
}

/** Resolves when it listens. @throws Error with what it said, when it ends instead */
export async function startWitness({ state, name, logKey, port = 0 }: WitnessProcessOptions): Promise<WitnessProcess> {
  const words = ['history', 'witness', '--state', state, '--name', name, '--log-key', logKey];
  const child = spawn(process.execPath, [WARDTWIN, ...words, '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = once(child, 'exit');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const listening = new Promise<RegExpExecArray>((resolve, reject) => {
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const found = /listens at (http:\/\/127\.0\.0\.1:(\d+))\n.*: (\S+)\n/.exec(out);
      if (found !== null) resolve(found);
    });
    void gone.then(([code]) => reject(new Error(`the witness ended with code \`${code}\`:\n${out}${said}`)));
  });
  const [, url, bound, key] = await listening;
  return {
    url: url!,
    key: key!,
    port: Number(bound),
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await gone;
      return code;
    },
  };
}
