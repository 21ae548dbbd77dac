import { type Command, Option } from 'commander';

/** `wardtwin scenarios`: what the catalog has. */
export function addScenariosCommand(program: Command): void {
  program
    .command('scenarios')
    .description('list the scenarios, suites, defence sets and techniques of the catalog')
    .addOption(new Option('--format <format>', 'how').choices(['text', 'json']).default('text'))
    .action(async ({ format }: { readonly format: 'text' | 'json' }) => {
      const { listScenarios } = await import('./list-scenarios.ts');
      listScenarios(format);
    });
}
