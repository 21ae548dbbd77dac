import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leaveNot } from './leftovers.ts';

export interface Ended {
  readonly how: 'passed' | 'failed' | 'timed out';
  readonly ms: number;
  /** The test that failed, or what else the process said. */
  readonly told: string;
}

const REPORTER = fileURLToPath(new URL('bail-reporter.ts', import.meta.url));

/** Runs test files of a copy of the project in one process, which ends with the first test that fails. */
export function runTests(folder: string, files: readonly string[], limitMs: number): Promise<Ended> {
  const temporary = join(folder, '.tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  const began = performance.now();
  const child = spawn(process.execPath, ['--test', '--test-isolation=none', `--test-reporter=${REPORTER}`, ...files], {
    cwd: folder,
    // a group of its own, so that what a test started ends with it
    detached: true,
    env: {
      ...process.env,
      TMPDIR: temporary,
      NODE_COMPILE_CACHE: join(folder, '.compiled'),
      NODE_TEST_CONTEXT: undefined,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endGroup = leaveNot(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // nobody left
    }
  });
  let told = '';
  const hear = (chunk: unknown): void => {
    told = (told + String(chunk)).slice(0, 1_000);
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', hear);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup();
  }, limitMs);
  return new Promise((settle) => {
    child.on('exit', (code) => {
      clearTimeout(timer);
      endGroup();
      const how = late ? 'timed out' : code === 0 ? 'passed' : 'failed';
      settle({ how, ms: performance.now() - began, told: told.trim().split('\n')[0] ?? '' });
    });
  });
}
