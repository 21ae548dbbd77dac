import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createMetrics, listenForScrapes } from '#edge/serve/metrics';
import { admitWard, openLiveBench } from '../live/live-bench.ts';

const NAME = /^[a-z_]+$/;

/** The samples of a scrape, in the text format of Prometheus: by name and labels. */
async function scrape(port: number): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.equal(answer.status, 200);
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, sample = '', value = ''] = /^(\S+?(?:\{.*\})?) (\S+)/.exec(line) ?? [];
      assert.match(sample.split('{')[0]!, NAME, line);
      return [sample, Number(value)];
    }),
  );
}

test('a scrape tells how the platform does, and of nobody', async (context) => {
  const metrics = createMetrics(() => bench.live);
  const bench = await openLiveBench();
  const listener = await listenForScrapes(metrics, '127.0.0.1', 0);
  context.after(async () => {
    listener.close();
    await metrics.close();
    if (bench.live.status === 'open') await bench.live.close();
    bench.remove();
  });
  const { port } = listener.address() as AddressInfo;
  metrics.committed(1, 0.4);
  const ward = await admitWard(bench.live, 'patient-4711');
  await ward.tell('cgm', { glucose: 123 });
  await bench.live.act((fleet) => fleet.noteConnection('patient-4711-gateway', 'connected'));
  await bench.live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'drill', 'ward-1'));

  const told = await scrape(port);
  const of = (name: string): number | undefined => [...told].find(([sample]) => sample.startsWith(name))?.[1];
  assert.deepEqual(
    ['wardtwin_up', 'wardtwin_subjects', 'wardtwin_devices_connected'].map(of),
    [1, 1, 1],
    [...told.keys()].join('\n'),
  );
  assert.deepEqual([of('wardtwin_kill_switch{'), of('wardtwin_kill_switch_wards')], [0, 1]);
  assert.equal(of('wardtwin_history_records'), bench.live.history.size);
  assert.ok([...told].some(([sample, value]) => /wardtwin_records.*MessageReceived/.test(sample) && value === 1));
  assert.doesNotMatch([...told.keys()].join(), /4711/);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);

  await bench.live.close();
  const closed = await scrape(port);
  assert.equal([...closed].find(([sample]) => sample.startsWith('wardtwin_up'))?.[1], 0);
});
