import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { MINUTE } from '#base/time';
import { admitWard, openLiveBench } from './live-bench.ts';

const bench = await openLiveBench();
after(async () => {
  await bench.live.close();
  bench.remove();
});

test('an insider who edits the store under a running platform is found by its own audit, and named', async () => {
  const { live } = bench;
  const devices = await admitWard(live, 'p1');
  for (let turn = 0; turn < 300; turn += 1) {
    bench.pass(5 * MINUTE);
    await devices.tell('cgm', { glucose: 120 + (turn % 7) });
  }
  const audited = async () => (await live.history.find({ kinds: ['HistoryAudited', 'AuditFailed'], limit: 10 })).length;
  await live.audit();
  assert.equal(await audited(), 1, 'intact, once a round');

  const db = new DatabaseSync(bench.location);
  db.exec('UPDATE record SET sealed = zeroblob(length(sealed)) WHERE position = 77');
  db.close();
  await live.audit();
  const [failed] = await live.history.find({ subject: 'p1', kinds: ['AuditFailed'], limit: 10 });
  assert.ok(failed?.kind === 'read');
  assert.deepEqual(failed.record.body, { reason: 'altered', firstBad: 77 });
  const findings = await live.history.find({ subject: 'p1', kinds: ['FindingRaised'], limit: 100 });
  assert.ok(
    findings.some((found) => found.kind === 'read' && JSON.stringify(found.record.body).includes('history-tampering')),
  );
  const before = live.history.size;
  await live.audit();
  assert.equal(live.history.size, before, 'told once');
});
