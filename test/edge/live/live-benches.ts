import { after } from 'node:test';
import { type LiveBenchOptions, openLiveBench } from './live-bench.ts';

export type LiveBench = Awaited<ReturnType<typeof openLiveBench>>;

/** Opens benches that are closed and removed after the tests of the file. */
export function liveBenches(): (options?: LiveBenchOptions) => Promise<LiveBench> {
  const opened: LiveBench[] = [];
  after(async () => {
    for (const { live, remove } of opened) {
      if (live.status !== 'closed') await live.close();
      remove();
    }
  });
  return async (options = {}) => {
    const bench = await openLiveBench(options);
    opened.push(bench);
    return bench;
  };
}
