import type { Command } from 'commander';
import { DEFAULT_DATA } from './serve.ts';

export interface RebuildOptions {
  readonly data: string;
  readonly config?: string;
  readonly check: boolean;
  readonly format: 'text' | 'json';
}

export function addRebuildCommand(program: Command, setExit: (code: number) => void): void {
  program
    .command('rebuild')
    .description('make the state of all twins again from history alone, and hold it against the state that was kept')
    .option('--data <dir>', 'data directory of the platform', DEFAULT_DATA)
    .option('--config <file>', 'its configuration, where it has one')
    .option('--check', 'only compare; works beside a running platform', false)
    .option('--format <format>', 'text or json', 'text')
    .action(async (options: RebuildOptions) => {
      const { rebuild } = await import('./run-rebuild.ts');
      setExit(await rebuild(options));
    });
}
