// About 4 s: each witness is a process of its own.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MINUTE } from '#base/time';
import { openStore } from '#edge/store/open-store';
import { restoreBackup } from '#edge/store/restore-backup';
import { askWitnesses } from '#edge/witness/ask-witnesses';
import { remoteWitness } from '#edge/witness/remote-witness';
import { temporaryFolder } from '../store/engine.ts';
import { startWitness, type WitnessProcess } from './witness-process.ts';
import { createHeardLog, grow, openWitnessedBench } from './witnessed-bench.ts';

const folder = temporaryFolder();
const benches: Awaited<ReturnType<typeof openWitnessedBench>>[] = [];
const processes: WitnessProcess[] = [];
after(async () => {
  for (const one of processes) await one.kill();
  for (const { live, remove } of benches) {
    if (live.status !== 'closed') await live.close();
    remove();
  }
  folder.remove();
});

const opened = async (options: Parameters<typeof openWitnessedBench>[0] = {}) => {
  const bench = await openWitnessedBench(options);
  benches.push(bench);
  return bench;
};

const witnessing = async (logKey: string, name: string, port?: number): Promise<WitnessProcess> => {
  const state = join(folder.path, name);
  const started = await startWitness({ state, name, logKey, ...(port === undefined ? {} : { port }) });
  processes.push(started);
  return started;
};

test('cosigned_and_named: what two witnesses cosigned verifies, and says by whom and how far', async () => {
  const bench = await opened();
  const { live } = bench;
  await grow(live, 300);
  const witnesses = [await witnessing(bench.logKey, 'one'), await witnessing(bench.logKey, 'two')].map(remoteWitness);
  const heard = createHeardLog();
  const both = Promise.all([heard.next(/^a witness cosigned/), heard.next(/^a witness cosigned/)]);
  const asking = askWitnesses({ witnesses, live, log: heard.log });
  await both;
  // a second round on what has grown since, as an orderly stop has it
  const { size } = await grow(live, 700);
  await asking.close();
  const again = await live.checkpoint();
  assert.equal(again.size, size, 'and what was cosigned is not signed again without its cosignatures');

  const verdict = await bench.verdict(witnesses);
  assert.ok(verdict.kind === 'intact', JSON.stringify(verdict));
  assert.deepEqual(verdict.coveredBy?.cosignedBy.toSorted(), ['one', 'two']);
  assert.deepEqual(
    verdict.witnessed.map((last) => last.size),
    [size, size],
  );
  assert.deepEqual(
    asking.standings().map(({ name, isContradicted }) => [name, isContradicted]),
    [
      ['one', false],
      ['two', false],
    ],
  );
  assert.deepEqual(
    heard.entries.filter(({ level }) => level === 'warn' || level === 'error'),
    [],
  );

  // after a restart the platform does not know what was cosigned; the witness does
  await live.close();
  const reopened = await opened({ directory: bench.directory, now: bench.now() + MINUTE });
  const later = createHeardLog();
  const cosigned = later.next(/^a witness cosigned/);
  const anew = askWitnesses({ witnesses: witnesses.slice(0, 1), live: reopened.live, log: later.log });
  assert.ok(Number((await cosigned).data['size']) > size);
  await anew.close();
  assert.equal((await reopened.verdict(witnesses)).kind, 'intact');
});

test('one_past_only: a platform that went on from an old backup is contradicted, and an outsider sees it too', async () => {
  const bench = await opened();
  const { live, directory } = bench;
  const { size: backedUp } = await grow(live, 50);
  const backup = join(folder.path, 'backup');
  const store = await openStore(bench.location, 'reading');
  await store.backup(backup);
  await store.close();
  const running = await witnessing(bench.logKey, 'three');
  const witnesses = [remoteWitness(running)];
  const { note, size: witnessed } = await grow(live, 50);
  const first = createHeardLog();
  const cosigned = first.next(/^a witness cosigned/);
  const asking = askWitnesses({ witnesses, live, log: first.log });
  await cosigned;
  await asking.close();
  await live.close();

  const other = join(folder.path, 'other');
  cpSync(join(directory, 'root-keys'), join(other, 'root-keys'), { recursive: true });
  await restoreBackup(backup, join(other, 'history.sqlite'));
  const restored = await opened({ directory: other, now: bench.now() + MINUTE });
  const heard = createHeardLog();
  const shorter = heard.next(/another past/);
  const askingAgain = askWitnesses({ witnesses, live: restored.live, log: heard.log, every: 5 });
  const told = await shorter;
  assert.equal(told.level, 'error');
  assert.deepEqual([told.data['witness'], told.data['witnessed']], ['three', witnessed]);
  assert.ok(Number(told.data['size']) > backedUp && Number(told.data['size']) < witnessed);
  assert.match(String(told.data['reason']), /more records than there are/);
  assert.equal(askingAgain.standings()[0]?.isContradicted, true);

  // it does not help to write until there is more than the witness saw
  await grow(restored.live, 200);
  let longer = await heard.next(/another past/);
  while (Number(longer.data['size']) <= witnessed) longer = await heard.next(/another past/);
  assert.match(String(longer.data['reason']), /not in this history/);
  await askingAgain.close();
  const itself = await restored.verdict(witnesses);
  assert.ok(itself.kind === 'intact' && itself.witnessed.length === 0, 'it is whole, and nobody vouches for it');
  assert.equal((await restored.verdict(witnesses, note)).kind, 'tampered', 'against what was cosigned');
});

test('a witness that was killed is asked again until it is back, and the platform goes on meanwhile', async () => {
  const bench = await opened();
  const { live } = bench;
  await grow(live, 10);
  const before = await witnessing(bench.logKey, 'four');
  await before.kill();
  const witnesses = [remoteWitness(before)];
  const heard = createHeardLog();
  const missed = heard.next(/was not reached/);
  const asking = askWitnesses({ witnesses, live, log: heard.log, firstRetry: 5, every: 50 });
  assert.match(String((await missed).data['cause']), /does not answer \(`ECONNREFUSED`\)/);
  await grow(live, 10);
  await heard.next(/was not reached/);
  assert.equal((await bench.verdict(witnesses)).kind, 'intact');
  const back = heard.next(/^a witness cosigned/);
  const again = await witnessing(bench.logKey, 'four', before.port);
  assert.equal(again.key, before.key);
  await back;
  await asking.close();
  const verdict = await bench.verdict(witnesses);
  assert.ok(verdict.kind === 'intact' && verdict.witnessed[0]?.by === 'four', JSON.stringify(verdict));
  assert.equal(await again.stop(), 0);
});

test('one folder is used by one witness at a time', async () => {
  const bench = await opened();
  await witnessing(bench.logKey, 'five');
  await assert.rejects(witnessing(bench.logKey, 'five'), /in use by another process/);
});
