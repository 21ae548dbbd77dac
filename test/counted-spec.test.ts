import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skippedLine } from './counted-spec.ts';

test('the skipped are counted by their reasons, the most frequent one first', () => {
  assert.equal(skippedLine(new Map()), '0 tests were skipped\n');
  assert.equal(skippedLine(new Map([['needs `curl`', 1]])), '1 test was skipped: 1 needs `curl`\n');
  const two = new Map([
    ['needs\n`curl`', 1],
    ['no PostgreSQL', 6],
  ]);
  assert.equal(skippedLine(two), '7 tests were skipped: 6 no PostgreSQL; 1 needs `curl`\n');
});

test('a run ends with what Node.js says and one line more, and fails where a test fails', () => {
  const code = `import { test } from 'node:test';
    test('good', () => {});
    test('left out', { skip: 'needs a moon' }, () => {});
    test('bad', () => assert.fail());`;
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      `--test-reporter=${fileURLToPath(new URL('counted-spec.ts', import.meta.url))}`,
      '--input-type=module',
      '--eval',
      code,
    ],
    { env: { ...process.env, NODE_TEST_CONTEXT: undefined }, encoding: 'utf8' },
  );
  assert.equal(status, 1);
  assert.match(stdout, /✔ good[\s\S]*﹣ left out[\s\S]*✖ bad[\s\S]*ℹ pass 1\nℹ fail 1\n[\s\S]*ℹ skipped 1\n/);
  assert.match(stdout, /\n1 test was skipped: 1 needs a moon\n$/);
});
