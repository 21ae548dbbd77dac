import type { SubjectEntry, ThingEntry } from '#platform/fleet/registry';
import { isoOf } from '../instant.ts';
import type { JsonObject } from './catalog-models.ts';
import { TD_CONTEXT, TD_SECURITY, thingUrn, twinUrn } from './td-security.ts';

export const TWIN_EVENTS = ['finding', 'incident', 'command', 'connection'] as const;
export type TwinEventName = (typeof TWIN_EVENTS)[number];

const TITLES: Readonly<Record<TwinEventName, string>> = {
  finding: 'The monitor found something',
  incident: 'An incident went into another phase, or a step against it was taken',
  command: 'Something became of a command',
  connection: 'A device connected, disconnected, enrolled or was revoked',
};

/** The Thing Description of a whole twin: what is known of one subject, with its devices as items. */
export function describeTwin(entry: SubjectEntry, things: readonly ThingEntry[], origin: string): JsonObject {
  const { subject, ward, admittedAt } = entry;
  const api = `${origin}/api/v1/twins/${subject}`;
  return {
    '@context': [TD_CONTEXT],
    '@type': 'Thing',
    id: twinUrn(subject),
    title: `Twin of ${subject}`,
    description: `What is known of ${subject} in ${ward}: reported, desired and predicted`,
    created: isoOf(admittedAt),
    ...TD_SECURITY,
    links: things.map(({ thing }) => ({
      rel: 'item',
      href: `${origin}/things/${encodeURIComponent(thingUrn(thing))}`,
      type: 'application/td+json',
    })),
    properties: {
      state: readable('Reported, desired and predicted state, and how far they part', api),
      forecast: readable(
        'Glucose that the sensor will show, with a 90 % band, and how long supplies last',
        `${api}/forecast`,
      ),
    },
    events: Object.fromEntries(
      TWIN_EVENTS.map((name) => [
        name,
        {
          title: TITLES[name],
          data: { type: 'object' },
          forms: [
            {
              href: `${origin}/wot/twins/${subject}/events/${name}`,
              op: ['subscribeevent', 'unsubscribeevent'],
              subprotocol: 'sse',
              contentType: 'application/json',
            },
          ],
        },
      ]),
    ),
  };
}

const readable = (title: string, href: string): JsonObject => ({
  title,
  type: 'object',
  readOnly: true,
  forms: [{ href, op: 'readproperty', 'htv:methodName': 'GET', contentType: 'application/json' }],
});
