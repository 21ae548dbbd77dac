import { type Explanation, explanation } from '#base/explanation';
import type { Check } from './check.ts';
import { CHECKS } from './check-table.ts';
import type { GuardContext } from './context.ts';
import { type Decision, refusedBy } from './decision.ts';
import type { CheckSetting, GuardPolicy } from './policy.ts';
import type { CommandRequest } from './request.ts';

/**
 * Whether a command may leave for its device now. Pure.
 *
 * INVARIANT: refuses unless the policy lists the action and every check of it was carried out and passed. A check that
 * throws refuses: it may be the one that would have refused. All checks are carried out, so that a refusal gives all reasons.
 */
export function decide(request: CommandRequest, context: GuardContext, policy: GuardPolicy): Decision {
  const { action } = request;
  const entry = Object.hasOwn(policy.actions, action) ? policy.actions[action] : undefined;
  if (entry === undefined) {
    return refusedBy('default-refuse', explanation('policy: no entry for action {action}', { values: { action } }));
  }
  if (entry.checks.length === 0) {
    if (entry.permitAuthorised === true) return PERMIT_AUTHORISED;
    return refusedBy('default-refuse', explanation('policy: no checks for action {action}', { values: { action } }));
  }

  const passed: string[] = [];
  const refusing: string[] = [];
  const reasons: Explanation[] = [];
  const failed: { check: string; error: string }[] = [];
  for (const setting of entry.checks) {
    const { kind } = setting;
    try {
      const found = checkOf(setting).judge(request, context, setting);
      if (found.length === 0) passed.push(kind);
      else {
        refusing.push(kind);
        reasons.push(...found);
      }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.message : String(thrown);
      refusing.push(kind);
      failed.push({ check: kind, error });
      // What was thrown may quote what it was thrown about.
      reasons.push(
        explanation('{check} could not be checked: {error}', { values: { check: kind }, reported: { error } }),
      );
    }
  }
  if (refusing.length > 0) return { kind: 'refuse', determinedBy: refusing, failed, reasons };
  return { kind: 'permit', determinedBy: passed, failed: [], reasons: [] };
}

/** The table's keys are the settings' kinds, each with its own setting type; the compiler cannot follow the pair. */
function checkOf(setting: CheckSetting): Check<CheckSetting> {
  const check = Object.hasOwn(CHECKS, setting.kind) ? CHECKS[setting.kind] : undefined;
  if (check === undefined) throw new Error(`no check is called \`${setting.kind}\``);
  return check as Check<CheckSetting>;
}

const PERMIT_AUTHORISED: Decision = {
  kind: 'permit',
  determinedBy: ['permit-authorised'],
  failed: [],
  reasons: [],
};
