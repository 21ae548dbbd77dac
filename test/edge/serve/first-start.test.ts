// The program as it is started: about 3 s.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startWardtwin } from '../cli/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardtwin-first-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const DATA = join(folder, 'data');
const CONFIG = join(folder, 'wardtwin.yaml');
const LINK = /https:\/\/\S+\/setup\?token=(\S+)/g;

/** Starts the server, waits until it has told what a person needs, and stops it in order. */
async function served(): Promise<{ readonly out: string; readonly err: string; readonly code: number | null }> {
  const child = startWardtwin(['serve', '--config', CONFIG, '--data', DATA]);
  const said = { out: '', err: '' };
  const told = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
    if (/certificate authority.*\n/.test(said.out)) told.resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  await Promise.race([told.promise, closed]);
  child.kill('SIGTERM');
  const [code] = await closed;
  return { ...said, code };
}

test('a first start makes what it needs, and prints one link to the first account and no password', async () => {
  writeFileSync(CONFIG, 'http:\n  port: 0\nmqtt:\n  port: 0\n');
  const { out, err, code } = await served();
  assert.equal(code, 0, err);
  const links = [...out.matchAll(LINK)];
  assert.equal(links.length, 1, out);
  assert.doesNotMatch(out, /password/i);
  assert.doesNotMatch(err, /setup|token=/, 'the log keeps no link');
  assert.equal(statSync(DATA).mode & 0o077, 0);
  for (const name of ['ca.pem', 'history.sqlite', 'history.vkey', 'root-keys']) {
    assert.ok(readdirSync(DATA).includes(name), name);
  }
  // until somebody used one, each start prints another one
  const second = await served();
  const [again] = [...second.out.matchAll(LINK)];
  assert.notEqual(again?.[1], links[0]?.[1]);
});
