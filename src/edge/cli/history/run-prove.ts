import { Fault } from '#base/fault';
import { parseCheckpoint, splitNote } from '#crypto/signed-note';
import { loadBlocks, openTree } from '#edge/live/stored-history';
import { formatCosignRequest } from '#edge/store/cosign-request';
import type { Store, StoredCheckpoint } from '#edge/store/store';
import { formatRecordProof, type RecordProof } from '#edge/store/tlog-proof';
import type { CosignRequest } from '#edge/store/witness';
import type { Position } from '#mirror/history/record';
import { readTextFile, withStore } from './history-source.ts';
import { asJson, writeOut } from './output.ts';
import type { ProveOptions } from './prove.ts';

/** @throws Fault `prove.*`, `history.tampered` */
export async function prove(record: number | undefined, options: ProveOptions): Promise<void> {
  const { from, out, format, cosigned } = options;
  if ((record === undefined) === (from === undefined)) {
    throw new Fault('prove.what', 'history prove: name either a record or --from CHECKPOINT');
  }
  const text = await withStore(options, 'reading', async (store) => {
    if (record === undefined) {
      const request = await proveConsistency(store, sizeOf(readTextFile(from as string)), cosigned);
      return format === 'json' ? asJson(request) : formatCosignRequest(request);
    }
    const proof = await proveRecord(store, record, cosigned);
    return format === 'json' ? asJson(proof) : formatRecordProof(proof);
  });
  await writeOut(out, [text]);
}

/** Not verified: whoever checks the proof holds the checkpoint itself. */
const sizeOf = (note: string): number => parseCheckpoint(splitNote(note).text).checkpoint.size;

/** Checkpoints that are looked at for a cosignature: several hours of them, while witnesses are asked every few minutes. */
const LOOKED_AT = 2_000;

/** @throws Fault `prove.uncovered` */
export async function newestCheckpoint(store: Store, atLeast: number, cosigned: boolean): Promise<StoredCheckpoint> {
  let atMost = Number.MAX_SAFE_INTEGER;
  let newest: StoredCheckpoint | undefined;
  for (let looked = 0; looked < LOOKED_AT; looked += 1) {
    const [found] = await store.checkpoints(atMost);
    newest ??= found;
    if (found === undefined || found.size < atLeast) break;
    if (!cosigned || isCosigned(found)) return found;
    atMost = found.size - 1;
  }
  const have = newest === undefined ? 'there is none' : `the newest is over ${newest.size}`;
  throw new Fault(
    'prove.uncovered',
    `history: no ${cosigned ? 'cosigned ' : ''}checkpoint over ${atLeast} records yet, ${have}; wait for the next one`,
  );
}

/** Whether another than the log itself signed it. Not verified: whoever checks the proof does. */
function isCosigned({ note }: StoredCheckpoint): boolean {
  const { text, signatures } = splitNote(note);
  const { origin } = parseCheckpoint(text).checkpoint;
  return signatures.some(({ name }) => name !== origin);
}

/** That a record is in the newest checkpoint. @throws Fault `prove.uncovered`, `history.tampered` */
export async function proveRecord(store: Store, position: Position, cosigned: boolean): Promise<RecordProof> {
  const { size, note } = await newestCheckpoint(store, position + 1, cosigned);
  const tree = await openTree(store);
  const [record] = await store.find({ after: position - 1, before: position + 1, limit: 1 });
  if (record === undefined || size > tree.size) throw missing(record === undefined ? position : tree.size);
  const loaded = await loadBlocks(store, tree, position, size);
  return { position, sealed: record.sealed, path: tree.proveInclusion(position, size, loaded), note };
}

/** That the newest checkpoint begins with the first `oldSize` records. @throws Fault `prove.uncovered`, `history.tampered` */
export async function proveConsistency(store: Store, oldSize: number, cosigned: boolean): Promise<CosignRequest> {
  const { size, note } = await newestCheckpoint(store, oldSize, cosigned);
  const tree = await openTree(store);
  if (size > tree.size) throw missing(tree.size);
  const loaded = await loadBlocks(store, tree, oldSize, size);
  return { oldSize, proof: tree.proveConsistency(oldSize, size, loaded), note };
}

const missing = (position: Position): Fault =>
  new Fault('history.tampered', `history: record \`${position}\` is missing; run \`npx wardtwin history verify\``);
