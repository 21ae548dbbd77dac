import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../bin/wardtwin.mjs', import.meta.url));

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the program. */
export const startWardtwin = (words: readonly string[]): ChildProcessByStdio<null, Readable, Readable> =>
  spawn(process.execPath, [BIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });

/** Runs the program as a person does. `interruptAt`: Ctrl-C as soon as its messages say so. */
export function wardtwin(words: readonly string[], interruptAt?: RegExp): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = startWardtwin(words);
    let out = '';
    let err = '';
    let interrupted = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      if (interruptAt === undefined || interrupted || !interruptAt.test(err)) return;
      interrupted = true;
      // As a terminal and npx do it: the whole group is told, and those in between pass it on.
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 20);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

export interface OwnScenario {
  readonly id?: string;
  readonly criteria: string;
}

/** A scenario file of a person's own: one forged bolus in two hours of the closed loop. Returns its path. */
export function ownScenario(folder: string, { id = 'my-bolus', criteria }: OwnScenario): string {
  const path = join(folder, `${id}.yaml`);
  writeFileSync(
    path,
    `id: ${id}
title: A forged bolus at half past ten
description: One forged bolus.
standsFor:
  - text: ICSMA-19-178-01
    cve: [CVE-2019-10964]
ward: closed-loop-home
wardOverrides:
  startMinute: 1320
horizonMin: 120
objective: hypoglycaemia
effect: therapy
campaign:
  positions: [radio-range]
  steps:
    - id: bolus
      technique: injected-bolus
      parameters: { units: 10 }
      start: { kind: at, minute: 1350 }
criteria:
${criteria}
`,
  );
  return path;
}
