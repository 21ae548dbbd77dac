import type { Command } from 'commander';
import { count } from './count.ts';
import { type CosignedOption, type SourceOptions, withCosigned, withSource } from './history-options.ts';

export interface ExportOptions extends SourceOptions, CosignedOption {
  readonly from: number;
  readonly to?: number;
  readonly out?: string;
}

export interface CheckpointOptions extends SourceOptions, CosignedOption {
  readonly out?: string;
}

export function addExportCommand(history: Command): void {
  const command = history
    .command('export')
    .description('write a range of sealed records with what proves it, for `history verify --bundle`')
    .option('--from <record>', 'first record', count, 0)
    .option('--to <record>', 'records before this one (default: all that are signed)', count)
    .option('--out <file>', 'where the bundle goes');
  withCosigned(withSource(command)).action(async (options: ExportOptions) => {
    const { exportRange } = await import('./run-export.ts');
    await exportRange(options);
  });
}

/** `history checkpoint`: the newest one, to be kept where the platform's operator cannot change it. */
export function addCheckpointCommand(history: Command): void {
  const command = history
    .command('checkpoint')
    .description('write the newest signed checkpoint, to be kept elsewhere')
    .option('--out <file>', 'where it goes');
  withCosigned(withSource(command)).action(async (options: CheckpointOptions) => {
    const { writeCheckpoint } = await import('./run-export.ts');
    await writeCheckpoint(options);
  });
}
