import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { MINUTE } from '#base/time';
import { openLiveBench, START } from './live-bench.ts';

const directory = mkdtempSync(join(tmpdir(), 'wardtwin-rolled-back-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const location = join(directory, 'history.sqlite');
const epochs: number[] = [];
let starts = 0;

const opened = () => {
  starts += 1;
  return openLiveBench({ directory, epochs, now: START + starts * MINUTE });
};
const isBehind = (log: readonly string[]): boolean => log.some((line) => line.startsWith('the store is older'));

test('undone_is_told: an older store in the place of the newer one brings back what was stopped, and says so', async () => {
  const first = await opened();
  await first.live.close();
  copyFileSync(location, `${location}.old`);

  const second = await opened();
  assert.equal(isBehind(second.log), false, 'a restart is nothing');
  await second.live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'an attack'));
  await second.live.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(location + suffix, { force: true });
  copyFileSync(`${location}.old`, location);

  const third = await opened();
  assert.equal(third.live.fleet.killSwitch, false, 'what the store does not tell of is not so');
  assert.ok(isBehind(third.log));
  const [last] = await third.live.history.find({ kinds: ['HistoryOpened'], limit: 1, descending: true });
  assert.ok(last?.kind === 'read');
  assert.partialDeepStrictEqual(last.record.body, { behind: true });
  await third.live.close();

  const fourth = await opened();
  assert.equal(isBehind(fourth.log), false, 'told once');
  await fourth.live.close();
});

test('cut_short_refuses: a store that lost what was signed does not open, until going back is said to be meant', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-cut-short-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const store = join(folder, 'history.sqlite');
  let head: string | undefined;
  const keptBeside = {
    last: () => head,
    keep: (note: string): void => {
      head = note;
    },
  };
  const start = (now: number) => openLiveBench({ directory: folder, head: keptBeside, now: START + now * MINUTE });

  const first = await start(1);
  await first.live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'an attack'));
  const { size } = await first.live.checkpoint();
  await first.live.close();
  const db = new DatabaseSync(store);
  db.exec(
    `DELETE FROM record WHERE position >= ${size - 1}; DELETE FROM checkpoint WHERE size >= ${size}; DELETE FROM snapshot`,
  );
  db.close();

  await assert.rejects(start(2), { code: 'history.rolled-back' });
  head = undefined;
  const again = await start(3);
  assert.equal(again.live.fleet.killSwitch, false);
  await again.live.close();
});
