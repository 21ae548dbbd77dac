import { type Command, InvalidArgumentError } from 'commander';

export const DEFAULT_DATA = 'wardtwin-data';
export const DEMO_DATA = 'wardtwin-demo';
export const DEFAULT_CONFIG = 'wardtwin.yaml';
export const DEMO_SPEED = 60;

export interface ServeOptions {
  readonly config?: string;
  readonly data?: string;
  readonly demo: boolean;
  readonly speed?: number;
}

export function addServeCommand(program: Command, setExit: (code: number) => void): void {
  program
    .command('serve')
    .description('run a live ward: devices enrol, report and are mirrored; people and programs read and act')
    .option('--config <file>', `configuration (default: \`${DEFAULT_CONFIG}\` where there is one)`)
    .option(
      '--data <dir>',
      `where keys and history are kept (default: \`${DEFAULT_DATA}\`, with --demo \`${DEMO_DATA}\`)`,
    )
    .option('--demo', 'add the closed-loop ward of the laboratory as device processes of their own', false)
    .option('--speed <n>', `how much faster than real time the demo runs (default: ${DEMO_SPEED})`, speed)
    .action(async (options: ServeOptions) => {
      const { serve } = await import('./run-serve.ts');
      setExit(await serve(options));
    });
}

function speed(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('has to be a whole number');
  return Number(text);
}
