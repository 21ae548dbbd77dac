import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSupervisor } from '#edge/demo/supervisor';

/** A program that says that it runs, and ends with its standard input, as `device run --attached` does. */
const PROGRAM = "process.stdin.on('end', () => process.exit(0)).resume(); console.log('runs');";
const SUPERVISOR = fileURLToPath(new URL('../../../src/edge/demo/supervisor.ts', import.meta.url));

function folder(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-supervisor-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'program.mjs'), PROGRAM);
  return directory;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('what ends is started again, until all is stopped', async (context) => {
  const directory = folder(context);
  const told: string[] = [];
  const supervisor = createSupervisor({
    program: join(directory, 'program.mjs'),
    log: (message) => told.push(message),
  });
  supervisor.start({ name: 'one', args: [], logFile: join(directory, 'one.log') });
  const first = supervisor.pids().get('one');
  assert.ok(first !== undefined);
  process.kill(first, 'SIGKILL');
  await until(() => (supervisor.pids().get('one') ?? first) !== first);
  const second = supervisor.pids().get('one')!;
  assert.equal(told.length, 1);
  await supervisor.stop();
  assert.equal(isAlive(second), false);
});

test('nobody outlives a supervisor that was killed', async (context) => {
  const directory = folder(context);
  const options = { program: join(directory, 'program.mjs'), name: 'one', logFile: join(directory, 'one.log') };
  const script = `
    const { createSupervisor } = await import(${JSON.stringify(SUPERVISOR)});
    const { program, name, logFile } = ${JSON.stringify(options)};
    const supervisor = createSupervisor({ program, log: () => {} });
    supervisor.start({ name, args: [], logFile });
    console.log(supervisor.pids().get(name));
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const child = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
  assert.ok(isAlive(child));
  parent.kill('SIGKILL');
  await until(() => !isAlive(child));
});
