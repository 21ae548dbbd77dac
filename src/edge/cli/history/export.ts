import type { Command } from 'commander';
import { exportBundle } from '#edge/store/export-bundle';
import { count } from './count.ts';
import { type SourceOptions, withSource, withStore } from './history-source.ts';
import { writeOut } from './output.ts';
import { newestCheckpoint } from './prove.ts';

interface ExportOptions extends SourceOptions {
  readonly from: number;
  readonly to?: number;
  readonly out?: string;
}

export function addExportCommand(history: Command): void {
  const command = history
    .command('export')
    .description('write a range of sealed records with what proves it, for `history verify --bundle`')
    .option('--from <record>', 'first record', count, 0)
    .option('--to <record>', 'records before this one (default: all that are signed)', count)
    .option('--out <file>', 'where the bundle goes');
  withSource(command).action(async ({ from, to, out, ...source }: ExportOptions) => {
    await withStore(source, 'reading', async (store) => {
      const end = to ?? (await newestCheckpoint(store, from + 1)).size;
      await writeOut(out, exportBundle(store, from, end));
    });
  });
}

/** `history checkpoint`: the newest one, to be kept where the platform's operator cannot change it. */
export function addCheckpointCommand(history: Command): void {
  const command = history
    .command('checkpoint')
    .description('write the newest signed checkpoint, to be kept elsewhere')
    .option('--out <file>', 'where it goes');
  withSource(command).action(async ({ out, ...source }: SourceOptions & { readonly out?: string }) => {
    const { note } = await withStore(source, 'reading', (store) => newestCheckpoint(store, 0));
    await writeOut(out, [note]);
  });
}
