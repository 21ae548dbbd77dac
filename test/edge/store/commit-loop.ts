/** A process to be killed: commits for as long as it lives, and names each size that a commit acknowledged. */
import { writeSync } from 'node:fs';
import { openStore } from '#edge/store/open-store';
import { commitOf, NOTHING, secret } from './entries.ts';

const RECORDS_PER_COMMIT = 7;
const store = await openStore(process.argv[2]!, 'writing');
const start = await store.size();
for (let size = start; ; size += RECORDS_PER_COMMIT) {
  // the secret is in the same commit as the records: a torn commit would show
  const { records } = commitOf(size, size + RECORDS_PER_COMMIT);
  await store.commit({ ...NOTHING, records, secrets: [secret('size', String(size + RECORDS_PER_COMMIT))] });
  writeSync(1, `${size + RECORDS_PER_COMMIT}\n`);
}
