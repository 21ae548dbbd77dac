import { type Command, Option } from 'commander';
import { ACTION_NAMES, PURPOSES, ROLES } from '#assure/access/authorization';
import { loadAccessPolicies, standardPolicies } from '#edge/access/cedar/access-policies';
import { checkPolicies } from '#edge/access/cedar/check-policies';
import { readPolicySources } from '#edge/access/cedar/policy-file';
import { EXIT } from './exit.ts';
import { type ExplainOptions, explained, RESOURCE_TYPES, situationOf } from './policy-situation.ts';

/** Where a command writes its lines; a test hands in its own. */
export type WriteLine = (line: string) => void;

type Format = 'text' | 'json';

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
    .argument('[dir]', 'folder with one *.cedarschema and *.cedar files', standardPolicies)
    .addOption(format())
    .action((directory: string, options: { readonly format: Format }) => {
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
    .option('--policies <dir>', 'folder of policies', standardPolicies)
    .addOption(format())
    .action((options: ExplainOptions & { readonly policies: string; readonly format: Format }) => {
      setExit(explain(options, write));
    });
}

function check(directory: string, form: Format, write: WriteLine): number {
  const { policies, faults } = checkPolicies(readPolicySources(directory));
  const statements = policies.map(({ text: _, ...statement }) => statement);
  if (form === 'json') write(JSON.stringify({ directory, valid: faults.length === 0, policies: statements, faults }));
  else {
    for (const { file, policy, fault } of faults)
      write(`${file}${policy === undefined ? '' : `, ${policy}`}: ${fault}`);
    const found = faults.length === 0 ? 'all valid' : `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
    write(`${directory}: ${policies.length} policies, ${found}`);
  }
  return faults.length === 0 ? EXIT.accepted : EXIT.violated;
}

function explain(
  options: ExplainOptions & { readonly policies: string; readonly format: Format },
  write: WriteLine,
): number {
  const policies = loadAccessPolicies(options.policies);
  const situation = situationOf(options);
  const { principal, question, circumstances } = situation;
  const decision = policies.evaluate(principal, question, circumstances);
  const determinedBy = decision.determinedBy.map(
    (id) => policies.statements.find((statement) => statement.id === id) ?? { id },
  );
  if (options.format === 'json') write(JSON.stringify({ ...decision, determinedBy, ...situation }));
  else for (const line of explained(decision, policies.statements, situation)) write(line);
  return decision.outcome === 'permit' ? EXIT.accepted : EXIT.violated;
}

const format = (): Option =>
  new Option('--format <format>', 'for people or programs').choices(['text', 'json']).default('text');

const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
