import assert from 'node:assert/strict';
import type { Finding } from '#assure/monitor/finding';
import { explain } from '#base/explanation';

/** Every placeholder has its value, and no value stands in the statement. */
export function assertWhole(finding: Finding): void {
  assert.doesNotMatch(explain(finding, { reported: true }), /…|[{}]/);
  for (const value of Object.values(finding.reported ?? {}))
    if (typeof value !== 'boolean') assert.ok(!finding.statement.includes(String(value)), finding.statement);
}
