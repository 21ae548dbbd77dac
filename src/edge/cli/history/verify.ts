import type { Command } from 'commander';
import { count } from './count.ts';
import { type FormatOption, type KeyOptions, withFormat, withKeys, withSource } from './history-options.ts';

export interface VerifyCommandOptions extends KeyOptions, FormatOption {
  readonly from?: number;
  readonly to?: number;
  readonly against?: string;
  readonly bundle?: string;
  readonly proof?: string;
}

export function addVerifyCommand(history: Command, setExit: (code: number) => void): void {
  const command = history
    .command('verify')
    .description('check a history, a bundle or a proof with public keys alone: exit code 0 intact, 1 tampered with')
    .option('--from <record>', 'read records from this one on', count)
    .option('--to <record>', 'read records before this one', count)
    .option('--against <file>', 'a checkpoint that was kept elsewhere: the history must begin with it')
    .option('--bundle <file>', 'check what `history export` wrote; no store is needed')
    .option('--proof <file>', 'check what `history prove` wrote about a record; no store is needed');
  withFormat(withKeys(withSource(command))).action(async (options: VerifyCommandOptions) => {
    const { verify } = await import('./run-verify.ts');
    setExit(await verify(options));
  });
}
