import { type Command, Option } from 'commander';

/** Which history a command is about. */
export interface SourceOptions {
  readonly data: string;
  readonly store?: string;
}

export interface KeyOptions extends SourceOptions {
  readonly key?: readonly string[];
}

export interface CosignedOption {
  readonly cosigned: boolean;
}

export interface FormatOption {
  readonly format: 'text' | 'json';
}

export interface ConfigOption {
  readonly config?: string;
}

const DEFAULT_DATA = 'wardtwin-data';

export const withSource = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory of the platform', DEFAULT_DATA)
    .option('--store <url>', 'its store, where that is not in the data directory: postgres://... or a path');

export const withFormat = (command: Command): Command =>
  command.addOption(new Option('--format <format>', 'how').choices(['text', 'json']).default('text'));

export const withKeys = (command: Command): Command =>
  command.option(
    '--key <key...>',
    'verifier keys, or files of them, that you kept (default: history.vkey of the data directory)',
  );

export const withCosigned = (command: Command): Command =>
  command.option('--cosigned', 'under the newest checkpoint that a witness cosigned, not the newest of all', false);
