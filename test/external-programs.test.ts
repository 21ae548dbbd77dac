import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lacking, reasonToSkip } from './external-programs.ts';

const ABSENT = 'no-such-program';

test('what is there is no reason to skip, under CI or not', () => {
  for (const CI of ['', 'true']) assert.equal(reasonToSkip(false, { CI }), false);
  assert.equal(lacking('sh'), false);
});

test('what is missing skips its tests, and says what it is', () => {
  for (const env of [{}, { CI: '' }, { CI: '0' }, { CI: 'false' }]) {
    assert.equal(reasonToSkip('needs `curl`', env), 'needs `curl`');
  }
});

test('nothing_is_skipped_under_ci: what is missing fails', () => {
  for (const CI of ['true', '1', 'yes']) {
    assert.throws(() => reasonToSkip('needs `curl`', { CI }), /nothing is skipped under CI: needs `curl`/);
  }
});

/** A test file that needs a program that nobody has, as the runner sees it. */
function runWithout(CI: string): { readonly code: number | null; readonly said: string } {
  const path = fileURLToPath(new URL('external-programs.ts', import.meta.url));
  const code = `import { testWith } from ${JSON.stringify(path)}; testWith('sh', '${ABSENT}')('a test', () => {});`;
  const env = { ...process.env, CI, NODE_TEST_CONTEXT: undefined };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { env });
  return { code: status, said: `${stdout}${stderr}` };
}

test('a file whose program is missing passes with a skipped test, and fails under CI', () => {
  const here = runWithout('');
  assert.equal(here.code, 0);
  assert.match(here.said, /a test.*# needs `no-such-program`/);
  const underCi = runWithout('true');
  assert.equal(underCi.code, 1);
  assert.match(underCi.said, /nothing is skipped under CI: needs `no-such-program`/);
});
