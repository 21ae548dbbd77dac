import { exportBundle } from '#edge/store/export-bundle';
import type { ExportOptions } from './export.ts';
import type { SourceOptions } from './history-options.ts';
import { withStore } from './history-source.ts';
import { writeOut } from './output.ts';
import { newestCheckpoint } from './run-prove.ts';

export async function exportRange({ from, to, out, ...source }: ExportOptions): Promise<void> {
  await withStore(source, 'reading', async (store) => {
    const end = to ?? (await newestCheckpoint(store, from + 1)).size;
    await writeOut(out, exportBundle(store, from, end));
  });
}

export async function writeCheckpoint(source: SourceOptions, out: string | undefined): Promise<void> {
  const { note } = await withStore(source, 'reading', (store) => newestCheckpoint(store, 0));
  await writeOut(out, [note]);
}
