import { exportBundle } from '#edge/store/export-bundle';
import type { StoredCheckpoint } from '#edge/store/store';
import type { CheckpointOptions, ExportOptions } from './export.ts';
import { withStore } from './history-source.ts';
import { writeOut } from './output.ts';
import { newestCheckpoint } from './run-prove.ts';

export async function exportRange({ from, to, out, cosigned, ...source }: ExportOptions): Promise<void> {
  await withStore(source, 'reading', async (store) => {
    const newest = cosigned || to === undefined ? await newestCheckpoint(store, to ?? from + 1, cosigned) : undefined;
    const end = to ?? (newest as StoredCheckpoint).size;
    await writeOut(out, exportBundle(store, from, end, cosigned ? newest : undefined));
  });
}

export async function writeCheckpoint({ out, cosigned, ...source }: CheckpointOptions): Promise<void> {
  const { note } = await withStore(source, 'reading', (store) => newestCheckpoint(store, 0, cosigned));
  await writeOut(out, [note]);
}
