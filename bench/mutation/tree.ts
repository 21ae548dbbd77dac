import { spawn } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Edit, mutated } from './mutant.ts';

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const REPORTER = fileURLToPath(new URL('bail-reporter.ts', import.meta.url));
const COPIED = ['src', 'test', 'catalog', 'bin', 'docs', 'README.md', 'SECURITY.md', 'package.json'];

/** A copy of the project in which one file at a time is changed. */
export interface Tree {
  readonly folder: string;
  /** What the edit leaves of the file, for as long as `during` runs. */
  with<T>(file: string, edit: Edit, during: () => Promise<T>): Promise<T>;
  /** Test files in one process, which ends with the first test that fails. */
  run(files: readonly string[], limitMs: number): Promise<Ended>;
  remove(): void;
}

export interface Ended {
  readonly how: 'passed' | 'failed' | 'timed out';
  readonly ms: number;
  /** The test that failed, or what else the process said. */
  readonly told: string;
}

export function copyProject(): Tree {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-mutate-'));
  for (const name of COPIED) cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    with: async (file, edit, during) => {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, mutated(text, edit));
      try {
        return await during();
      } finally {
        writeFileSync(path, text);
      }
    },
    run: (files, limitMs) => runTests(folder, files, limitMs),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const filesOf = (globs: readonly string[]): readonly string[] =>
  globs.flatMap((glob) => globSync(glob, { cwd: PROJECT }).sort());

function runTests(folder: string, files: readonly string[], limitMs: number): Promise<Ended> {
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
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => said.push(String(chunk).slice(0, 2_000)));
  return new Promise((settle) => {
    let late = false;
    const endGroup = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // nobody left
      }
    };
    const timer = setTimeout(() => {
      late = true;
      endGroup();
    }, limitMs);
    child.on('exit', (code) => {
      clearTimeout(timer);
      endGroup();
      const how = late ? 'timed out' : code === 0 ? 'passed' : 'failed';
      settle({ how, ms: performance.now() - began, told: said.join('').trim().split('\n')[0] ?? '' });
    });
  });
}
