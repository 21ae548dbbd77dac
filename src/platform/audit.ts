import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { appendRecord } from './records.ts';
import { judgeAndRespond } from './respond.ts';

/** Compares what the store holds with what was recorded, and lets the monitor judge the result. */
export function auditHistory(core: PlatformCore): readonly Effect[] {
  const now = nowOf(core);
  const result = core.deps.history.audit();
  const { twin } = core.state;
  if (result.kind === 'intact') return judgeAndRespond(core, { kind: 'audited', now, outcome: 'intact', twin });
  const firstBad = 'firstBad' in result ? { firstBad: result.firstBad } : {};
  appendRecord(core, 'AuditFailed', { reason: result.reason, ...firstBad });
  return judgeAndRespond(core, { kind: 'audited', now, outcome: 'tampered', ...firstBad, twin });
}
