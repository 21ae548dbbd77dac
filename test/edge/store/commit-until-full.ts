/** A process on a small disk: commits until there is no room, waits for some, and commits on. */
import { once } from 'node:events';
import { Fault } from '#base/fault';
import { openStore } from '#edge/store/open-store';
import { commitOf } from './entries.ts';

const RECORDS_PER_COMMIT = 50;
const store = await openStore(process.argv[2]!, 'writing');

const grow = async (): Promise<void> => {
  const size = await store.size();
  await store.commit(commitOf(size, size + RECORDS_PER_COMMIT));
};

try {
  for (;;) await grow();
} catch (error) {
  if (!(error instanceof Fault) || error.code !== 'store.unavailable') throw error;
  // reading goes on, and what was acknowledged is all that is there
  console.log(`full ${await store.size()} ${String(error.data['cause'])}`);
}
await once(process.stdin, 'data');
for (let commits = 0; commits < 3; commits += 1) await grow();
console.log(`size ${await store.size()}`);
await store.close();
process.exit(0);
