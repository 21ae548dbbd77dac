// About 4 s: a whole platform and a witness beside it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDataDirectory } from '#edge/serve/data-directory';
import type { ServeConfig } from '#edge/serve/serve-config';
import { startServer } from '#edge/serve/start-server';
import { startWitness } from '../witness/witness-process.ts';
import { createHeardLog } from '../witness/witnessed-bench.ts';

const WARDTWIN = fileURLToPath(new URL('../../../bin/wardtwin.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wardtwin-witnessed-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const DATA = join(folder, 'data');

/** Starts the platform, lets `meanwhile` happen, and stops it in order. */
async function served(
  config: ServeConfig,
  log: ReturnType<typeof createHeardLog>['log'],
  meanwhile?: Promise<unknown>,
) {
  const clock = { now: () => Date.now() };
  const server = await startServer({
    config: { http: { port: 0 }, mqtt: { port: 0 }, ...config },
    data: openDataDirectory(DATA),
    log,
    version: 'test',
    realTime: clock,
    clock,
  });
  await meanwhile;
  await server.close();
}

const verified = (): string =>
  execFileSync(process.execPath, [WARDTWIN, 'history', 'verify', '--data', DATA], { encoding: 'utf8' });

test('a platform is cosigned when it starts and up to the end when it stops, and its keys say by whom', async () => {
  const heard = createHeardLog();
  await served({}, heard.log);
  const witness = await startWitness({
    state: join(folder, 'witness'),
    name: 'witness.example/w1',
    logKey: join(DATA, 'history.vkey'),
  });
  try {
    const { url, key } = witness;
    await served({ witnesses: [{ url, key }] }, heard.log, heard.next(/^a witness cosigned/));
    const [, covered] = /cosigned by: witness\.example\/w1 \(the first (\d+) records\)/.exec(verified()) ?? [];
    assert.ok(covered !== undefined, verified());
    assert.match(verified(), new RegExp(`^intact: records 0 to ${covered} of a history of ${covered}$`, 'm'));
    // what it cosigned stays verifiable when it is asked no longer
    await served({}, heard.log);
    assert.match(verified(), /^intact.*\n.*\n.*cosigned by: witness\.example\/w1/);
  } finally {
    await witness.kill();
  }
  const problems = heard.entries.filter(({ level, data }) => level !== 'info' && 'witness' in data);
  assert.deepEqual(
    problems.filter(({ level }) => level !== 'debug'),
    [],
  );
});
