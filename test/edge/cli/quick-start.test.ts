import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../../../src', import.meta.url));

/** What is loaded together with a file, before any of it runs: files of ours, and packages. */
function loadedWith(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const text = readFileSync(join(SOURCES, path), 'utf8');
  for (const [, from] of text.matchAll(/^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'([^']+)'/gm)) {
    if (from!.startsWith('#')) loadedWith(`${from!.slice(1)}.ts`, seen);
    else if (from!.startsWith('.')) loadedWith(relative(SOURCES, join(SOURCES, dirname(path), from!)), seen);
    else seen.add(from!);
  }
  return seen;
}

const packagesOf = (path: string): readonly string[] =>
  [...loadedWith(path)].filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'));

test('quick_to_start: the command line loads what a command needs when it is called, and not before', () => {
  assert.deepEqual(packagesOf('edge/cli/main.ts'), ['commander']);
});

test('a history is verified without a server, a broker or a policy engine', () => {
  assert.deepEqual(packagesOf('edge/cli/history/run-verify.ts'), []);
  assert.deepEqual(
    packagesOf('edge/store/sqlite/sqlite-store.ts').filter((name) => name === 'pg'),
    [],
  );
});
