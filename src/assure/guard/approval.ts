import { SEVERITIES, type Severity, severityRank } from '#model/hazard/severity';
import type { CommandRequest } from './request.ts';

/** One row: how severe the harm may be when a command that matches was wrong. The last row that matches holds. */
export interface SeverityRow {
  readonly severity: Severity;
  /** A number of the command's input, and from which value on the row matches; absent: always. */
  readonly field?: string;
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
  /** By action. An action that is not listed counts as `catastrophic`. */
  readonly actions: Readonly<Record<string, readonly SeverityRow[]>>;
}

/**
 * How severe the harm may be if this command is wrong. Where the table says nothing, and for an input that is no number, the
 * worst is assumed.
 */
export function severityIfWrong({ actions }: ApprovalPolicy, { action, input }: CommandRequest): Severity {
  const rows = Object.hasOwn(actions, action) ? actions[action]! : [];
  let severity: Severity | undefined;
  for (const row of rows) {
    if (row.field === undefined) severity = row.severity;
    else {
      const value = input[row.field];
      if (typeof value !== 'number' || !Number.isFinite(value)) return worst;
      if (value >= (row.atLeast ?? 0)) severity = row.severity;
    }
  }
  return severity ?? worst;
}

export const needsApproval = (policy: ApprovalPolicy, request: CommandRequest): boolean =>
  severityRank(severityIfWrong(policy, request)) >= severityRank(policy.approvalFrom);

const worst: Severity = SEVERITIES[SEVERITIES.length - 1]!;
