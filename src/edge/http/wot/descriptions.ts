import { isThingId } from '#model/thing/thing-id';
import type { ThingEntry } from '#platform/fleet/registry';
import type { Caller } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import type { JsonObject } from './catalog-models.ts';
import { thingUrn, twinUrn } from './td-security.ts';
import { describeThing } from './thing-description.ts';
import { describeTwin } from './twin-description.ts';

/** The descriptions that a caller may see, each as far as his rights go. */
export interface Descriptions {
  /** Ids of them, in an order that stays. */
  list(caller: Caller): readonly string[];
  /** For one that is asked for by its id: a refusal is on record. @throws Fault `http.not-found` */
  see(caller: Caller, id: string, origin: string): Promise<JsonObject>;
  /** Undefined for one that there is not, or not for him. */
  find(caller: Caller, id: string, origin: string): JsonObject | undefined;
}

export function createDescriptions({ live, gate, models }: RouteContext): Descriptions {
  const registry = () => live.fleet.registry;
  const seesTwin = (caller: Caller, subject: string): boolean =>
    live.fleet.subject(subject) !== undefined && gate.may(caller, 'readTwin', gate.twinOf(subject));
  const seesThing = (caller: Caller, entry: ThingEntry): boolean =>
    entry.status !== 'revoked' && gate.may(caller, 'readThing', gate.thingOf(entry));

  const describe = (caller: Caller, entry: ThingEntry, origin: string): JsonObject | undefined => {
    const model = models.get(entry.model);
    if (model === undefined) return undefined;
    return describeThing(entry, model, origin, {
      mayRead: gate.may(caller, 'readTwin', gate.twinOf(entry.subject)),
      mayInvoke: (action) => gate.may(caller, 'invokeAction', gate.thingOf(entry), action),
    });
  };

  const find: Descriptions['find'] = (caller, id, origin) => {
    const name = id.slice(id.lastIndexOf(':') + 1);
    if (id === thingUrn(name)) {
      const entry = registry().things.get(name);
      return entry !== undefined && seesThing(caller, entry) ? describe(caller, entry, origin) : undefined;
    }
    const entry = registry().subjects.get(name);
    if (id !== twinUrn(name) || entry === undefined || !seesTwin(caller, name)) return undefined;
    const things = registry()
      .thingsOf(name)
      .filter((thing) => seesThing(caller, thing));
    return describeTwin(entry, things, origin);
  };

  return {
    list: (caller) => [
      ...[...registry().things.values()]
        .filter((entry) => seesThing(caller, entry))
        .map(({ thing }) => thingUrn(thing))
        .sort(),
      ...[...registry().subjects.keys()]
        .filter((subject) => seesTwin(caller, subject))
        .map(twinUrn)
        .sort(),
    ],
    find,
    see: async (caller, id, origin) => {
      const name = id.slice(id.lastIndexOf(':') + 1);
      if (!isThingId(name)) throw notFound('thing');
      if (id === twinUrn(name)) await gate.see(caller, 'readTwin', name);
      else await gate.seeThing(caller, name);
      const description = find(caller, id, origin);
      if (description === undefined) throw notFound('thing');
      return description;
    },
  };
}
