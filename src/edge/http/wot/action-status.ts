import Type, { type Static } from 'typebox';
import { explain, type Insight } from '#base/explanation';
import type { CommandLife, CommandStatus } from '#platform/command-life';

/** Where an asynchronous action stands, in the words of the WoT profiles. */
export const ActionStatus = Type.Object({
  id: Type.String(),
  status: Type.String({ description: 'pending, running, completed or failed' }),
  reason: Type.Optional(Type.String()),
  href: Type.String(),
});

const STATUS: Readonly<Record<CommandStatus, 'pending' | 'running' | 'completed' | 'failed'>> = {
  'awaiting-approval': 'pending',
  dispatched: 'running',
  done: 'completed',
  refused: 'failed',
  declined: 'failed',
  'refused-by-device': 'failed',
  'expired-at-device': 'failed',
  'timed-out': 'failed',
};

export function actionStatusOf(
  { id, status, reasons }: CommandLife,
  href: string,
  insight: Insight,
): Static<typeof ActionStatus> {
  const [reason] = reasons;
  return { id, status: STATUS[status], ...(reason === undefined ? {} : { reason: explain(reason, insight) }), href };
}
