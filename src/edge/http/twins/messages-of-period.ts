import { Fault } from '#base/fault';
import { DAY, type Millis } from '#base/time';
import type { HistoryReader } from '#edge/live/history-reader';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { SubjectId } from '#mirror/history/record';

const LONGEST_PERIOD: Millis = 31 * DAY;
/** Of a month with a report every quarter of a minute. */
const MOST_MESSAGES = 200_000;

/**
 * All that the devices of a subject told in [from, to), to be handed to a thread.
 * @throws Fault `series.bad-period`, `commission.too-many-messages`
 */
export async function messagesOfPeriod(
  history: HistoryReader,
  subject: SubjectId,
  from: Millis,
  to: Millis,
): Promise<readonly DeviceMessage[]> {
  if (!(from < to && to - from <= LONGEST_PERIOD)) {
    throw new Fault('series.bad-period', 'period: state at most 31 days, the earlier end first');
  }
  const messages: DeviceMessage[] = [];
  for await (const message of history.messages(subject, from, to)) {
    messages.push(message);
    if (messages.length > MOST_MESSAGES) {
      throw new Fault('commission.too-many-messages', `period: more than ${MOST_MESSAGES} messages; state less`);
    }
  }
  return messages;
}
