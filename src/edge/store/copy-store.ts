import type { Commit } from './store.ts';
import { corrupt } from './store-fault.ts';
import type { StoreReader } from './store-reader.ts';

/** Checkpoints that are copied at once. */
const CHECKPOINT_PAGE = 1_000;

const NOTHING: Commit = { records: [], blocks: [], checkpoints: [], secrets: [], destroyed: [], snapshots: [] };

/** Where a copy goes: the commits of an empty store. */
export type CopyTarget = (commit: Commit) => Promise<void> | void;

/**
 * Copies everything that `source` holds, as it is: a copy is no judgement, `history verify` is. The source has to stand
 * still meanwhile (a transaction, a file that nobody writes to), and the target to be thrown away if this fails.
 */
export async function copyStore(source: StoreReader, target: CopyTarget): Promise<void> {
  const size = await source.size();
  for await (const records of source.records(0, size)) await target({ ...NOTHING, records });
  await target({
    ...NOTHING,
    blocks: await source.blocks(),
    secrets: await source.secrets(),
    snapshots: await source.snapshots(),
  });
  for (let after: number | undefined; ; ) {
    const checkpoints = await source.checkpointsAfter(after, CHECKPOINT_PAGE);
    const last = checkpoints.at(-1);
    if (last === undefined) return;
    if (!(last.size > (after ?? Number.NEGATIVE_INFINITY))) throw corrupt('checkpoints out of order');
    await target({ ...NOTHING, checkpoints });
    after = last.size;
  }
}
