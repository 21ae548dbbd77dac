import type { Command } from 'commander';
import { restoreBackup } from '#edge/store/restore-backup';
import { type SourceOptions, storeOf, withSource, withStore } from './history-source.ts';

export function addBackupCommands(program: Command): void {
  const backup = program
    .command('backup')
    .description('copy the store into one file, while the platform runs')
    .requiredOption('--out <file>', 'a file that does not exist yet');
  withSource(backup).action(async ({ out, ...source }: SourceOptions & { readonly out: string }) => {
    const size = await withStore(source, 'reading', async (store) => {
      const before = await store.size();
      await store.backup(out);
      return before;
    });
    console.log(`${out}: the first ${size} records at least; it opens only with the root keys, which are not in it`);
  });

  const restore = program
    .command('restore')
    .description('make an empty or absent store out of a backup')
    .requiredOption('--from <file>', 'what `backup` wrote');
  withSource(restore).action(async ({ from, ...source }: SourceOptions & { readonly from: string }) => {
    await restoreBackup(from, storeOf(source));
    console.log(`${from}: restored; check it with \`npx wardtwin history verify\``);
  });
}
