import type { Live } from '#edge/live/live';
import type { ThingId } from '#model/thing/thing-id';

/** Keeps the connection states in the registry in step with the connections there are. */
export interface ConnectionNotes {
  note(thing: ThingId, state: 'connected' | 'disconnected'): void;
  /** Puts right whatever was not noted: after a crash, or while the platform was away. */
  reconcile(connected: (thing: ThingId) => boolean): Promise<void>;
}

export function createConnectionNotes(live: Live, onFailure: () => void): ConnectionNotes {
  return {
    note: (thing, state) => {
      live.act((fleet) => fleet.noteConnection(thing, state)).catch(onFailure);
    },
    reconcile: (connected) =>
      live
        .act((fleet) => {
          for (const { thing, connection } of fleet.registry.things.values()) {
            if (connected(thing)) fleet.noteConnection(thing, 'connected');
            else if (connection.state === 'connected') fleet.noteConnection(thing, 'disconnected');
          }
        })
        .catch(onFailure),
  };
}
