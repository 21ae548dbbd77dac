import { type Clock, MINUTE, type Millis } from '#base/time';
import type { ThingId } from '#model/thing/thing-id';

/** As long as a command is good for: what is older, its device would refuse as expired. */
export const HELD_FOR: Millis = 2 * MINUTE;
const MOST_PER_THING = 32;
const MOST_THINGS = 10_000;

interface Held {
  readonly bytes: Uint8Array;
  readonly until: Millis;
}

/** What waits for devices that are not connected. */
export interface HeldMessages {
  /** False when something had to give way: the oldest of the thing, or this where too many things are waited for. */
  hold(thing: ThingId, bytes: Uint8Array): boolean;
  /** What is still of use, oldest first; it is held no longer. */
  take(thing: ThingId): readonly Uint8Array[];
  /** Drops whatever waits for such a thing. */
  withdraw(isMeant: (thing: ThingId) => boolean): void;
  /** Drops what is of no use any more. */
  sweep(): void;
}

/** `clock` is the one that commands expire by. INVARIANT: bounded by things, by messages of a thing and by time. */
export function createHeldMessages(clock: Clock): HeldMessages {
  const byThing = new Map<ThingId, readonly Held[]>();
  const fresh = (thing: ThingId): readonly Held[] =>
    (byThing.get(thing) ?? []).filter(({ until }) => until >= clock.now());

  return {
    hold: (thing, bytes) => {
      if (!byThing.has(thing) && byThing.size >= MOST_THINGS) return false;
      const waiting = [...fresh(thing), { bytes, until: clock.now() + HELD_FOR }];
      byThing.set(thing, waiting.slice(-MOST_PER_THING));
      return waiting.length <= MOST_PER_THING;
    },
    take: (thing) => {
      const waiting = fresh(thing);
      byThing.delete(thing);
      return waiting.map(({ bytes }) => bytes);
    },
    withdraw: (isMeant) => {
      for (const thing of byThing.keys()) if (isMeant(thing)) byThing.delete(thing);
    },
    sweep: () => {
      for (const thing of byThing.keys()) {
        const waiting = fresh(thing);
        if (waiting.length === 0) byThing.delete(thing);
        else byThing.set(thing, waiting);
      }
    },
  };
}
