import type { Command } from 'commander';
import { wholeNumber } from './validate.ts';

export interface ReplayOptions {
  readonly scenario: string;
  readonly patient: string;
  readonly seed?: number;
  readonly run: number;
  readonly defences: string;
}

/** `wardtwin replay`: one run again, and what happened in it when. */
export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('repeat one run of a report and print its timeline')
    .requiredOption('--scenario <id>', 'id of a scenario, or path of a scenario file')
    .requiredOption('--patient <id>', 'patient')
    .option('--seed <n>', 'seed of the exercise', wholeNumber)
    .option('--run <n>', 'which of the runs of the patient', wholeNumber, 0)
    .option('--defences <id>', 'defence set', 'none')
    .action(async (options: ReplayOptions) => {
      const { replay } = await import('./run-replay.ts');
      console.log(replay(options));
    });
}
