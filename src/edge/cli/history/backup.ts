import type { Command } from 'commander';
import { type SourceOptions, withSource } from './history-options.ts';

export function addBackupCommands(program: Command): void {
  const backup = program
    .command('backup')
    .description('copy the store into one file, while the platform runs')
    .requiredOption('--out <file>', 'a file that does not exist yet');
  withSource(backup).action(async ({ out, ...source }: SourceOptions & { readonly out: string }) => {
    const { backUp } = await import('./run-backup.ts');
    await backUp(source, out);
  });

  const restore = program
    .command('restore')
    .description('make an empty or absent store out of a backup')
    .requiredOption('--from <file>', 'what `backup` wrote');
  withSource(restore).action(async ({ from, ...source }: SourceOptions & { readonly from: string }) => {
    const { restore: makeFrom } = await import('./run-backup.ts');
    await makeFrom(from, source);
  });
}
