import { Fault } from '#base/fault';
import type { Position } from '#mirror/history/record';
import { openFoldedTree } from './folded-tree.ts';
import { formatHead, formatRecordLine } from './history-bundle.ts';
import type { Store, StoredCheckpoint } from './store.ts';

/**
 * The records [from, to) with what proves them, line by line: whoever has the log's verifier keys can check them without the
 * store (`verifyBundle`). Records stay sealed. `under`: the checkpoint that proves them; the first that covers them by default.
 * @throws Fault `bundle.range`, `bundle.uncovered` when no checkpoint is signed over them yet, `history.tampered`
 */
export async function* exportBundle(
  store: Store,
  from: Position,
  to: Position,
  under?: StoredCheckpoint,
): AsyncGenerator<string, void, undefined> {
  const size = await store.size();
  if (from < 0 || from >= to || to > size) {
    throw new Fault(
      'bundle.range',
      `export: records \`${from}\` to \`${to}\` are not among the ${size} that there are`,
    );
  }
  const covering = under ?? (await store.checkpointsAfter(to - 1, 1))[0];
  if (covering === undefined || covering.size < to || covering.size > size) {
    throw new Fault('bundle.uncovered', `export: no checkpoint covers record \`${to - 1}\` yet; wait for the next one`);
  }
  const tree = await openFoldedTree(store);
  yield formatHead({
    from,
    to,
    size: covering.size,
    before: await tree.digests(0, from),
    after: await tree.digests(to, covering.size),
    note: covering.note,
  });
  let next = from;
  for await (const page of store.records(from, to)) {
    for (const { position, sealed } of page) {
      if (position !== next) break;
      yield formatRecordLine(position, sealed);
      next += 1;
    }
  }
  if (next === to) return;
  throw new Fault('history.tampered', `export: record \`${next}\` is missing; run \`npx wardtwin history verify\``);
}
