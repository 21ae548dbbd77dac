import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { MINUTE, type Millis, SECOND } from '#base/time';
import { type Backoff, createBackoff } from '../machine/backoff.ts';

export interface SupervisedProcess {
  readonly name: string;
  /** Arguments of the program, which is this one. */
  readonly args: readonly string[];
  /** Where its output is appended. */
  readonly logFile: string;
}

/** Processes that are started again when they end. */
export interface Supervisor {
  start(wish: SupervisedProcess): void;
  /** Process ids by name; those that wait for their restart have none. */
  pids(): ReadonlyMap<string, number>;
  /** Ends all: asked first, then made to. */
  stop(): Promise<void>;
}

export interface SupervisorDeps {
  /** The program's entry, for example `bin/wardtwin.mjs`. */
  readonly program: string;
  readonly log: (message: string, data: Readonly<Record<string, unknown>>) => void;
}

const FIRST_RESTART: Millis = SECOND / 2;
const LONGEST_RESTART: Millis = 30 * SECOND;
/** A process that ran for so long had started well. */
const STEADY: Millis = MINUTE;
const PATIENCE: Millis = 5 * SECOND;

interface Supervised {
  readonly wish: SupervisedProcess;
  child: ChildProcess | undefined;
  restart: NodeJS.Timeout | undefined;
  readonly backoff: Backoff;
}

export function createSupervisor({ program, log }: SupervisorDeps): Supervisor {
  const all: Supervised[] = [];
  let isStopping = false;

  const launch = (supervised: Supervised): void => {
    const { name, args, logFile } = supervised.wish;
    const output = openSync(logFile, 'a', 0o600);
    const startedAt = Date.now();
    // Its standard input is a pipe that nobody writes to: it ends with this process, however that ends, and the child with it.
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', output, output] });
    closeSync(output);
    supervised.child = child;
    child.stdin?.on('error', () => {});
    child.once('error', (error) => log('a device process could not be started', { name, cause: error.message }));
    child.once('close', (code, signal) => {
      supervised.child = undefined;
      if (isStopping) return;
      log('a device process ended and is started again', { name, code, signal });
      if (Date.now() - startedAt >= STEADY) supervised.backoff.reset();
      supervised.restart = setTimeout(() => launch(supervised), supervised.backoff.next());
    });
  };

  return {
    start: (wish) => {
      const backoff = createBackoff({ first: FIRST_RESTART, longest: LONGEST_RESTART });
      const supervised: Supervised = { wish, child: undefined, restart: undefined, backoff };
      all.push(supervised);
      launch(supervised);
    },
    pids: () => new Map(all.flatMap(({ wish, child }) => (child?.pid === undefined ? [] : [[wish.name, child.pid]]))),
    stop: async () => {
      isStopping = true;
      for (const { restart } of all) clearTimeout(restart);
      await Promise.all(all.map(({ child }) => (child === undefined ? undefined : end(child))));
    },
  };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const insist = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    child.once('close', () => {
      clearTimeout(insist);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
