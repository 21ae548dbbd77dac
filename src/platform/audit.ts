import type { AuditResult } from '#mirror/history/history';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { appendRecord } from './records.ts';
import { judgeAndRespond } from './respond.ts';

/** The store was compared with what was recorded: a difference is recorded, and the monitor judges the result. */
export function noteAudit(core: PlatformCore, result: AuditResult): readonly Effect[] {
  const now = nowOf(core);
  const { twin } = core.state;
  if (result.kind === 'intact') return judgeAndRespond(core, { kind: 'audited', now, outcome: 'intact', twin });
  const firstBad = 'firstBad' in result ? { firstBad: result.firstBad } : {};
  appendRecord(core, 'AuditFailed', { reason: result.reason, ...firstBad });
  return judgeAndRespond(core, { kind: 'audited', now, outcome: 'tampered', ...firstBad, twin });
}
