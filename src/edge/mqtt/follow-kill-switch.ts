import type { CborObject } from '#base/canonical';
import type { Live } from '#edge/live/live';
import type { ThingId } from '#model/thing/thing-id';

/**
 * Calls back when staff stopped commands, as soon as that is on record, with whose those are. A command that was permitted a moment
 * ago and waits for its device has not left: it must not, either. Returns how to stop.
 */
export function followKillSwitch(live: Live, onThrown: (isStopped: (thing: ThingId) => boolean) => void): () => void {
  return live.changes.subscribe((changes) => {
    for (const { record } of changes) {
      if (record.kind !== 'KillSwitchThrown') continue;
      const { ward } = record.body as CborObject;
      onThrown((thing) => typeof ward !== 'string' || wardOf(live, thing) === ward);
    }
  });
}

function wardOf({ fleet: { registry } }: Live, thing: ThingId): string | undefined {
  const entry = registry.things.get(thing);
  return entry === undefined ? undefined : registry.subjects.get(entry.subject)?.ward;
}
