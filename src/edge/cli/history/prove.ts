import type { Command } from 'commander';
import { count } from './count.ts';
import {
  type CosignedOption,
  type FormatOption,
  type SourceOptions,
  withCosigned,
  withFormat,
  withSource,
} from './history-options.ts';

export interface ProveOptions extends SourceOptions, FormatOption, CosignedOption {
  readonly from?: string;
  readonly out?: string;
}

export function addProveCommand(history: Command): void {
  const command = history
    .command('prove')
    .description('prove that a record is in the history, or that the newest checkpoint follows one that was kept')
    .argument('[record]', 'position of a record', count)
    .option('--from <checkpoint>', 'file of a checkpoint that was kept')
    .option('--out <file>', 'where the proof goes');
  withFormat(withCosigned(withSource(command))).action(async (record: number | undefined, options: ProveOptions) => {
    const { prove } = await import('./run-prove.ts');
    await prove(record, options);
  });
}
