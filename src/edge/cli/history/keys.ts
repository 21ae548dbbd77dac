import type { Command } from 'commander';
import { type ConfigOption, type FormatOption, type SourceOptions, withFormat, withSource } from './history-options.ts';

export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('root keys that wrap the keys of history');

  const list = keys.command('list').description('which there are, and how many secrets each wraps');
  withFormat(withSource(list)).action(async (options: SourceOptions & FormatOption) => {
    const { listKeys } = await import('./run-keys.ts');
    await listKeys(options);
  });

  const rotate = keys
    .command('rotate')
    .description('make a new root key and wrap every secret under it; the platform must not be running');
  rotate.option('--config <file>', 'configuration of the platform, where its root key is not in the data directory');
  withSource(rotate).action(async (options: SourceOptions & ConfigOption) => {
    const { rotateKeys } = await import('./run-keys.ts');
    await rotateKeys(options);
  });

  const retire = keys
    .command('retire')
    .description('delete a root key for good; backups that it wraps cannot be opened any longer')
    .argument('<id>', 'see `keys list`');
  withSource(retire).action(async (id: string, options: SourceOptions) => {
    const { retireKey } = await import('./run-keys.ts');
    await retireKey(id, options);
  });
}
