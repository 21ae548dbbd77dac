// About 2 s.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR, MINUTE } from '#base/time';
import { QUIET } from '../../assure/monitor/observations.ts';
import { admitWard, openLiveBench, SETTINGS } from '../live/live-bench.ts';
import { assertSameState, holdAgainstHistory, partsOf, rootKeysOf } from './held-against-history.ts';

test('a minute judges all subjects in the order of their admission, however the platform came by them', async () => {
  let bench = await openLiveBench();
  const { directory, location } = bench;
  // neither the order of names, nor that of the keys
  await bench.live.act((fleet) => fleet.admitSubject('z', 'ward-1'));
  await bench.live.act((fleet) => fleet.admitSubject('k', 'ward-1'));
  const late = await admitWard(bench.live, 'a');
  const sent = new Set(['a-pump 0', 'a-cgm 0']);
  for (const subject of ['k', 'z']) {
    const thing = `${subject}-cgm`;
    const offer = { digest: '0'.repeat(64), expiresAt: Number.MAX_SAFE_INTEGER };
    const wish = { thing, subject, role: 'cgm', model: 'glucose-monitor', speaksFor: [] };
    await bench.live.act((fleet) => {
      fleet.expectThing(wish, offer);
      fleet.redeemOffer(thing, offer.digest);
    });
  }
  await late.tell('pump', QUIET.pump);
  await late.tell('cgm', { glucose: 120 });
  const judged = async (): Promise<void> => {
    bench.pass(HOUR);
    await bench.live.act((fleet) => ({ effects: fleet.tick() }));
    await bench.live.act((fleet) => ({
      effects: fleet.audited({ kind: 'tampered', reason: 'altered', firstBad: 0 }),
    }));
  };
  await judged();
  for (let turn = 0; turn < 2; turn += 1) {
    await bench.live.close();
    bench = await openLiveBench({ directory, now: bench.now() + MINUTE });
    await judged();
  }
  const at = { location, rootKeys: rootKeysOf(directory), origin: 'test/history', version: 'test', settings: SETTINGS };
  const told = { acknowledged: sent, sent, permitted: new Set<string>(), dispatched: new Set<string>() };
  const { rebuilt } = await holdAgainstHistory(at, told);
  assertSameState(partsOf(bench.live.fleet), rebuilt);
  assert.deepEqual(
    bench.live.fleet.capture().subjects.map(({ subject }) => subject),
    ['z', 'k', 'a'],
  );
  await bench.live.close();
  bench.remove();
});
