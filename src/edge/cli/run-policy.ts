import { loadAccessPolicies, standardPolicies } from '#edge/access/cedar/access-policies';
import { checkPolicies } from '#edge/access/cedar/check-policies';
import { readPolicySources } from '#edge/access/cedar/policy-file';
import { EXIT } from './exit.ts';
import type { PolicyExplainOptions, PolicyFormat, WriteLine } from './policy.ts';
import { explained, situationOf } from './policy-situation.ts';

/** Without a directory: the policies that are delivered. */
export function check(folder: string | undefined, form: PolicyFormat, write: WriteLine): number {
  const directory = folder ?? standardPolicies;
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

export function explain(options: PolicyExplainOptions, write: WriteLine): number {
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
