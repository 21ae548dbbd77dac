import type { History } from '#mirror/history/history';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { applyDispatched, applyMessage, createTwin, type Twin } from '#mirror/twin/twin';
import type { Command } from '#model/thing/message';
import { messagesOf } from '#platform/records';

/** The twin that history tells of: what was applied, applied again. */
export function rebuildTwin(history: History, subject: string, commissioned?: CommissionedModel): Twin {
  let twin = createTwin(subject, commissioned);
  history.replay((record) => {
    for (const message of messagesOf(record)) twin = applyMessage(twin, message).twin;
    if (record.kind === 'CommandDispatched') twin = applyDispatched(twin, record.body as unknown as Command);
  });
  return twin;
}
