import { type Clock, MINUTE } from '#base/time';
import type { ConnectorNotice } from '../mqtt/device-connector.ts';
import type { Log } from './log.ts';

/** Kinds of refusals that are told apart within a minute. */
const MOST_KINDS = 256;

/**
 * Logs what devices do at the door. Strangers knock as often as they like: of each kind of refusal the first of a minute becomes a
 * line at once, and the next one after it says how many there were between.
 */
export function createConnectionLog(log: Log, clock: Clock): (notice: ConnectorNotice) => void {
  const told = new Map<string, { readonly at: number; more: number }>();
  return (notice) => {
    if (notice.kind !== 'refused') {
      log('debug', `device ${notice.kind}`, { ...notice });
      return;
    }
    const key = `${notice.reason} ${notice.thing ?? ''}`;
    const before = told.get(key);
    const now = clock.now();
    if (before !== undefined && now - before.at < MINUTE) {
      before.more += 1;
      return;
    }
    told.delete(key);
    if (told.size >= MOST_KINDS) told.delete(told.keys().next().value!);
    told.set(key, { at: now, more: 0 });
    const since = before === undefined || before.more === 0 ? {} : { notLogged: before.more };
    log('warn', 'device connection refused', { ...notice, ...since });
  };
}
