import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';

const DEFAULT_OUT = 'wardtwin-report';
const DEFAULT_JOBS = Math.max(1, availableParallelism());
const FORMAT_NAMES = ['text', 'json', 'html', 'junit'] as const;
export type ReportFormat = (typeof FORMAT_NAMES)[number];

export interface ValidateOptions {
  readonly patients?: readonly string[];
  readonly defences?: readonly string[];
  readonly runs?: number;
  readonly seed?: number;
  readonly jobs: number;
  readonly ward?: string;
  readonly out: string;
  readonly format: readonly ReportFormat[];
}

export function addValidateCommand(program: Command, setExit: (code: number) => void): void {
  program
    .command('validate')
    .description('attack the twins of a ward, with and without defences, and judge what reaches the patient')
    .argument(
      '[what]',
      'id of a suite or scenario, or path of a scenario file (default: the suite closed-loop-insulin)',
    )
    .option('--patients <ids>', 'patients, separated by commas: adult#001, hovorka#7 ...', list)
    .option('--defences <ids>', 'defence sets, separated by commas', list)
    .option('--runs <n>', 'most runs of each scenario with each defence set', wholeNumber)
    .option('--seed <n>', 'seed of the exercise', wholeNumber)
    .addOption(new Option('--jobs <n>', 'worker threads').argParser(wholeNumber).default(DEFAULT_JOBS))
    .option('--ward <file>', 'a ward file of your own for all scenarios')
    .option('--out <dir>', 'where the report goes', DEFAULT_OUT)
    .addOption(
      new Option('--format <formats>', `any of ${FORMAT_NAMES.join(', ')}, separated by commas`)
        .argParser(formats)
        .default(['text', 'json', 'html'], 'text,json,html'),
    )
    .action(async (what: string | undefined, options: ValidateOptions) => {
      const { validate } = await import('./run-validate.ts');
      setExit(await validate({ ...options, ...(what === undefined ? {} : { what }) }));
    });
}

function list(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('items are separated by single commas');
  if (new Set(items).size < items.length) throw new InvalidArgumentError('an item is given twice');
  return items;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('has to be a whole number, 0 or more');
  return Number(text);
}

function formats(text: string): readonly ReportFormat[] {
  return list(text).map((name) => {
    const format = FORMAT_NAMES.find((known) => known === name);
    if (format === undefined) throw new InvalidArgumentError(`\`${name}\` is none of ${FORMAT_NAMES.join(', ')}`);
    return format;
  });
}
