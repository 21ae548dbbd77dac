import type { Finding } from '#assure/monitor/finding';
import type { Playbook, Trigger } from './playbook.ts';

/** The playbook of highest precedence that any of the findings calls for; of equals, the first in the list. */
export function choosePlaybook(findings: readonly Finding[], playbooks: readonly Playbook[]): Playbook | undefined {
  let chosen: Playbook | undefined;
  for (const playbook of playbooks) {
    if (chosen !== undefined && playbook.precedence <= chosen.precedence) continue;
    if (findings.some((finding) => callsFor(finding, playbook))) chosen = playbook;
  }
  return chosen;
}

export const callsFor = (finding: Finding, playbook: Playbook): boolean =>
  playbook.triggers.some((trigger) => fits(finding, trigger));

function fits(finding: Finding, { rules, things, what }: Trigger): boolean {
  if (rules !== undefined && !rules.includes(finding.rule)) return false;
  if (things !== undefined && !things.includes(finding.thing)) return false;
  return what === undefined || (finding.what !== undefined && what.includes(finding.what));
}
