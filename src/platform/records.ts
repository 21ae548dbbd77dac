import type { CborValue } from '#base/canonical';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { Refusal } from '#mirror/channel/refusal';
import type { RecordKind } from '#mirror/history/record';
import { nowOf, type PlatformCore } from './core.ts';

/** Longest text of a refusal that goes to history: a stranger's bytes must not fill it. */
const DETAIL_LIMIT = 200;

/** Records something about the subject. INVARIANT: before any state that rests on it changes. */
export function appendRecord(core: PlatformCore, kind: RecordKind, body: CborValue): void {
  core.deps.history.append({ kind, subject: core.deps.subject, at: nowOf(core), body });
}

/** Everything that the twin's state rests on, so that replaying history gives the same twin. */
export function recordMessage(core: PlatformCore, message: DeviceMessage): void {
  const { sender, thing, sequence, sentAt, content } = message;
  const body: Record<string, CborValue> = { sender, thing, sequence, sentAt };
  if (content.kind === 'Report') {
    body['measurements'] = content.measurements.map(({ name, value, at }) => [name, value, at]);
  } else {
    body['acknowledges'] = content.commandId;
    body['outcome'] = content.outcome;
    if (content.reason !== undefined) body['reason'] = content.reason;
  }
  appendRecord(core, content.kind === 'Report' ? 'MessageReceived' : 'CommandAcknowledged', body);
}

export function recordRefusal(core: PlatformCore, refusal: Refusal): void {
  const { reason, authenticated, detail, claimedSender, sequence } = refusal;
  const claim = {
    ...(claimedSender === undefined ? {} : { claimedSender }),
    ...(sequence === undefined ? {} : { sequence }),
  };
  appendRecord(core, 'MessageRefused', { reason, authenticated, detail: detail.slice(0, DETAIL_LIMIT), ...claim });
}
