import type { Check } from './check.ts';
import { CHECKS } from './check-table.ts';
import type { GuardContext } from './context.ts';
import type { Decision } from './decision.ts';
import type { CheckSetting, GuardPolicy } from './policy.ts';
import type { CommandRequest } from './request.ts';

/**
 * Whether a command may leave for its device now. Pure.
 *
 * INVARIANT: refuses unless the policy lists the action and every check of it was carried out and passed. A check that
 * throws refuses: it may be the one that would have refused. All checks are carried out, so that a refusal gives all reasons.
 */
export function decide(request: CommandRequest, context: GuardContext, policy: GuardPolicy): Decision {
  const entry = Object.hasOwn(policy.actions, request.action) ? policy.actions[request.action] : undefined;
  if (entry === undefined) return refused('default-refuse', `policy: no entry for action \`${request.action}\``);
  if (entry.checks.length === 0) {
    if (entry.permitAuthorised === true) return PERMIT_AUTHORISED;
    return refused('default-refuse', `policy: no checks for action \`${request.action}\``);
  }

  const passed: string[] = [];
  const refusing: string[] = [];
  const reasons: string[] = [];
  const failed: { check: string; error: string }[] = [];
  for (const setting of entry.checks) {
    try {
      const found = checkOf(setting).judge(request, context, setting);
      if (found.length === 0) passed.push(setting.kind);
      else {
        refusing.push(setting.kind);
        reasons.push(...found);
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      refusing.push(setting.kind);
      failed.push({ check: setting.kind, error: text });
      reasons.push(`${setting.kind}: could not be checked: ${text}`);
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

function refused(determinedBy: string, reason: string): Decision {
  return { kind: 'refuse', determinedBy: [determinedBy], failed: [], reasons: [reason] };
}
