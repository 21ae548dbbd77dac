import { type Command, Option } from 'commander';
import { ACTION_NAMES, PURPOSES, ROLES } from '#assure/access/authorization';
import { type ExplainOptions, RESOURCE_TYPES } from './policy-situation.ts';

/** Where a command writes its lines; a test hands in its own. */
export type WriteLine = (line: string) => void;

export type PolicyFormat = 'text' | 'json';

export interface PolicyExplainOptions extends ExplainOptions {
  readonly policies?: string;
  readonly format: PolicyFormat;
}

const toTerminal: WriteLine = (line) => {
  process.stdout.write(`${line}\n`);
};

/** Adds `policy check` and `policy explain` to the program. */
export function addPolicyCommand(
  program: Command,
  setExit: (code: number) => void,
  write: WriteLine = toTerminal,
): void {
  const policy = program.command('policy').description('who may do what: the policies of the live ward');

  policy
    .command('check')
    .description('parse and strictly validate a folder of policies; exit 1 with what is wrong')
    .argument('[dir]', 'folder with one *.cedarschema and *.cedar files (default: those that are delivered)')
    .addOption(format())
    .action(async (directory: string | undefined, options: { readonly format: PolicyFormat }) => {
      const { check } = await import('./run-policy.ts');
      setExit(check(directory, options.format, write));
    });

  policy
    .command('explain')
    .description('decide a question, and say which policies determined it; exit 0 for permit, 1 for refuse')
    .requiredOption('--role <roles>', `roles of who asks, separated by commas: ${ROLES.join(', ')}`, list)
    .addOption(new Option('--action <action>', 'what is asked for').choices([...ACTION_NAMES]).makeOptionMandatory())
    .option('--ward <wards>', 'wards of who asks, separated by commas', list, [])
    .option('--patient-of <subjects>', 'patients that who asks treats, separated by commas', list, [])
    .addOption(
      new Option('--resource <type>', 'what is acted upon (default: what fits the action)').choices(RESOURCE_TYPES),
    )
    .option('--subject <subject>', 'the patient in question (default: the first of --patient-of)')
    .option('--in-ward <ward>', 'where the resource lies (default: the first of --ward)')
    .addOption(new Option('--purpose <purpose>', 'what for (default: that of the role)').choices([...PURPOSES]))
    .option('--affordance <name>', 'the action of the device that is asked for')
    .option('--break-glass', 'with emergency rights over the patient', false)
    .option('--research', 'the patient consented to the use for research', false)
    .option('--program', 'a program asks, by a token', false)
    .option('--scope <actions>', "of a program's token, separated by commas", list)
    .option('--policies <dir>', 'folder of policies (default: those that are delivered)')
    .addOption(format())
    .action(async (options: PolicyExplainOptions) => {
      const { explain } = await import('./run-policy.ts');
      setExit(explain(options, write));
    });
}

const format = (): Option =>
  new Option('--format <format>', 'for people or programs').choices(['text', 'json']).default('text');

const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
