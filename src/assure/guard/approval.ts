import { MINUTE } from '#base/time';
import { SEVERITIES, type Severity, severityRank } from '#model/hazard/severity';
import { deliveryOf } from '#model/thing/delivery';
import type { ActionEffect } from '#model/thing/thing-model';
import { commandedSince, notePermitted } from './command-ledger.ts';
import type { GuardContext } from './context.ts';
import { effectOf } from './effect.ts';
import type { CommandRequest } from './request.ts';

/** One row: how severe the harm may be when a command that matches was wrong. Of all rows that match the worst holds. */
export interface SeverityRow {
  readonly severity: Severity;
  /**
   * UCUM code of an amount, and from how much on the row matches: a quantity over the policy's window, or a rate per hour
   * (`.../h`) of the command itself. Absent: always.
   */
  readonly unit?: string;
  readonly atLeast?: number;
}

/** Which commands need a second person, as the catalog holds it: `catalog/policies/approval-*.yaml`. */
export interface ApprovalPolicy {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** From this severity on a second person has to approve. */
  readonly approvalFrom: Severity;
  /** How long a command waits for one. */
  readonly waitMin: number;
  /** Amounts that were commanded within this time count together, whoever asked for them. */
  readonly windowMin: number;
  /** By what the action does. One without a row, and an amount in a unit without a row, counts as `catastrophic`. */
  readonly effects: Readonly<Partial<Record<ActionEffect, readonly SeverityRow[]>>>;
  /** Of actions that add and state no amount, by name; any other of them counts as `catastrophic`: nothing bounds it. */
  readonly withoutAmount: Readonly<Record<string, Severity>>;
}

/**
 * How severe the harm may be if this command is wrong, together with what was commanded for the subject before it. Where the
 * table says nothing, and for an amount that is no number, the worst is assumed.
 */
export function severityIfWrong(policy: ApprovalPolicy, request: CommandRequest, context: GuardContext): Severity {
  try {
    const effect = effectOf(request, context);
    const rows = policy.effects[effect] ?? [];
    const amounts = amountsOf(policy, request, context);
    if (effect === 'adds' && amounts.size === 0)
      return Object.hasOwn(policy.withoutAmount, request.action) ? policy.withoutAmount[request.action]! : WORST;
    const hasRows = effect !== 'adds' || [...amounts.keys()].every((unit) => rows.some((row) => row.unit === unit));
    const matching = rows.filter(({ unit, atLeast = 0 }) => unit === undefined || amounts.get(unit)! >= atLeast);
    const ranks = matching.map(({ severity }) => severityRank(severity));
    return hasRows && ranks.length > 0 ? SEVERITIES[Math.max(...ranks)]! : WORST;
  } catch {
    return WORST;
  }
}

export const needsApproval = (policy: ApprovalPolicy, request: CommandRequest, context: GuardContext): boolean =>
  severityRank(severityIfWrong(policy, request, context)) >= severityRank(policy.approvalFrom);

/** By unit: the quantity of the window with this command in it, and its own rate. */
function amountsOf(
  { windowMin }: ApprovalPolicy,
  request: CommandRequest,
  { affordance, ledger, now }: GuardContext,
): ReadonlyMap<string, number> {
  const delivery = deliveryOf(affordance, request.input);
  if (delivery === undefined) return new Map();
  const { unit } = delivery;
  const after = notePermitted(ledger, request, affordance, now);
  const inWindow = commandedSince(after, unit, now - windowMin * MINUTE);
  return new Map([[unit, inWindow], ...(delivery.kind === 'dose' ? [] : [[`${unit}/h`, delivery.perHour] as const])]);
}

const WORST: Severity = SEVERITIES[SEVERITIES.length - 1]!;
