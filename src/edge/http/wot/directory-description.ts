import type { JsonObject } from './catalog-models.ts';
import { TD_CONTEXT, TD_SECURITY } from './td-security.ts';

const DISCOVERY_CONTEXT = 'https://www.w3.org/2022/wot/discovery';

export const DIRECTORY_URN = 'urn:wardtwin:thing-directory';
export const DIRECTORY_EVENTS = ['thing_created', 'thing_updated', 'thing_deleted'] as const;
export type DirectoryEvent = (typeof DIRECTORY_EVENTS)[number];

/**
 * The Thing Description of the directory (W3C WoT Discovery, 7.3), for reading alone: things come into it by enrolment. It tells
 * nobody more than that there is a directory, and how to get in.
 */
export const describeDirectory = (origin: string): JsonObject => ({
  '@context': [TD_CONTEXT, DISCOVERY_CONTEXT],
  '@type': 'ThingDirectory',
  id: DIRECTORY_URN,
  title: 'Wardtwin Thing Description Directory',
  ...TD_SECURITY,
  properties: {
    things: {
      title: 'The descriptions of all things that you may see',
      type: 'array',
      items: { type: 'object' },
      readOnly: true,
      uriVariables: {
        limit: { type: 'integer', minimum: 1, maximum: 100 },
        offset: { type: 'integer', minimum: 0 },
      },
      forms: [
        {
          href: `${origin}/things{?limit,offset}`,
          op: 'readproperty',
          'htv:methodName': 'GET',
          contentType: 'application/ld+json',
        },
      ],
    },
  },
  actions: {
    retrieveThing: {
      title: 'The description of one thing',
      uriVariables: { id: { '@type': 'ThingID', type: 'string', format: 'iri-reference' } },
      output: { type: 'object' },
      safe: true,
      idempotent: true,
      forms: [
        {
          href: `${origin}/things/{id}`,
          op: 'invokeaction',
          'htv:methodName': 'GET',
          response: { contentType: 'application/td+json' },
        },
      ],
    },
  },
  events: Object.fromEntries(
    DIRECTORY_EVENTS.map((name) => [
      name.replace(/_(.)/, (_, letter: string) => letter.toUpperCase()),
      {
        data: { type: 'object', properties: { id: { type: 'string' } } },
        forms: [
          {
            href: `${origin}/events/${name}`,
            op: 'subscribeevent',
            subprotocol: 'sse',
            contentType: 'text/event-stream',
          },
        ],
      },
    ]),
  ),
});
