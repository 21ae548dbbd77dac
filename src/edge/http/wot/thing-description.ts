import type { ThingEntry } from '#platform/fleet/registry';
import { isoOf } from '../instant.ts';
import type { CatalogModel, JsonObject } from './catalog-models.ts';
import { TD_SECURITY, thingUrn, twinUrn } from './td-security.ts';

/** What the reader of a description may do. */
export interface Rights {
  readonly mayRead: boolean;
  mayInvoke(action: string): boolean;
}

/**
 * The Thing Description (W3C WoT TD 1.1) of one device, as its Thing Model has it and as far as the reader's rights go. It is
 * served from the device's twin: a property is what the device reported last, an action goes to the command path.
 */
export function describeThing(
  entry: ThingEntry,
  { document }: CatalogModel,
  origin: string,
  rights: Rights,
): JsonObject {
  const { thing, subject, role, model } = entry;
  const base = `${origin}/wot/things/${thing}`;
  const { properties = {}, actions = {}, version, title, description } = document as unknown as Described;
  return {
    '@context': document['@context'],
    '@type': 'Thing',
    id: thingUrn(thing),
    title: `${title} ${thing}`,
    ...(description === undefined ? {} : { description }),
    version: { ...version, instance: version?.model ?? '1' },
    created: isoOf(entry.since),
    ...TD_SECURITY,
    links: [
      { rel: 'type', href: `${origin}/wot/models/${model}`, type: 'application/tm+json' },
      {
        rel: 'collection',
        href: `${origin}/things/${encodeURIComponent(twinUrn(subject))}`,
        type: 'application/td+json',
      },
    ],
    'wardtwin:role': role,
    properties: rights.mayRead ? mapEntries(properties, (name, one) => propertyOf(base, name, one)) : {},
    actions: mapEntries(
      Object.fromEntries(Object.entries(actions).filter(([name]) => rights.mayInvoke(name))),
      (name, one) => actionOf(base, name, one),
    ),
    events: {},
  };
}

interface Described {
  readonly title: string;
  readonly description?: string;
  readonly version?: { readonly model?: string };
  readonly properties?: Readonly<Record<string, JsonObject>>;
  readonly actions?: Readonly<Record<string, JsonObject>>;
}

/** Server-sent events for who can show credentials there; for others one value after the other. */
const propertyOf = (base: string, name: string, property: JsonObject): JsonObject => ({
  ...property,
  forms: [
    {
      href: `${base}/properties/${name}`,
      op: 'readproperty',
      'htv:methodName': 'GET',
      contentType: 'application/json',
    },
    {
      href: `${base}/properties/${name}/observe`,
      op: ['observeproperty', 'unobserveproperty'],
      subprotocol: 'sse',
      contentType: 'application/json',
    },
    {
      href: `${base}/properties/${name}/next`,
      op: ['observeproperty', 'unobserveproperty'],
      subprotocol: 'longpoll',
      contentType: 'application/json',
    },
  ],
});

/** What an action answers is where its command stands: it is done when the device says so. */
const actionOf = (base: string, name: string, action: JsonObject): JsonObject => ({
  ...action,
  output: ACTION_STATUS,
  safe: false,
  idempotent: false,
  synchronous: false,
  forms: [
    {
      href: `${base}/actions/${name}`,
      op: 'invokeaction',
      'htv:methodName': 'POST',
      contentType: 'application/json',
      response: { contentType: 'application/json' },
    },
    {
      href: `${base}/actions/${name}/{id}`,
      op: 'queryaction',
      'htv:methodName': 'GET',
      contentType: 'application/json',
    },
  ],
  uriVariables: { id: { type: 'string', title: 'Of the command, to query it' } },
});

const ACTION_STATUS = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    status: { type: 'string', enum: ['pending', 'running', 'completed', 'failed'] },
    reason: { type: 'string' },
    href: { type: 'string' },
  },
  required: ['id', 'status', 'href'],
} as const;

const mapEntries = <T, U>(
  table: Readonly<Record<string, T>>,
  map: (name: string, value: T) => U,
): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, map(name, value)]));
