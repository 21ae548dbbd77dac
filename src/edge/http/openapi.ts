import swagger, { type SwaggerTransform } from '@fastify/swagger';
import { PURPOSES } from '#edge/access/access';
import { SESSION_COOKIE } from '#edge/access/request-credentials';
import { PROBLEM_RESPONSE } from './problem-schema.ts';
import type { Api } from './type-provider.ts';

export const OPENAPI_PATH = '/api/v1/openapi.json';

/**
 * Describes every route that has tags, by OpenAPI 3.1: from the very schemas that validate what comes in and shape what goes out. To
 * be called before any route is added.
 */
export async function addOpenApi(app: Api, version: string): Promise<void> {
  await app.register(swagger, {
    hideUntagged: true,
    transform,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Wardtwin',
        version,
        summary: 'Digital twins of connected medical devices',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'The token of a program' },
          session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE, description: 'The session of a person' },
        },
      },
      security: [{ bearer: [] }, { session: [] }],
    },
  });
  app.get(
    OPENAPI_PATH,
    {
      schema: {
        operationId: 'readDescriptionOfApi',
        summary: 'This description',
        tags: ['health'],
        security: [],
        response: { 200: { description: 'OpenAPI 3.1', type: 'object', additionalProperties: true } },
      },
    },
    async (_request, reply) => {
      described ??= JSON.stringify(app.swagger());
      return reply.type('application/json').serializer(String).send(described);
    },
  );
  let described: string | undefined;
}

/** What a description says of a route beside its schemas. */
interface Described {
  readonly operationId?: string;
  readonly security?: readonly unknown[];
  readonly headers?: { readonly properties?: Readonly<Record<string, unknown>> };
  readonly response?: Readonly<Record<string, unknown>>;
}

const IDEMPOTENCY_KEY = { type: 'string', description: 'A request that is sent again with its key is done once' };
const PURPOSE = { type: 'string', enum: [...PURPOSES], description: 'What for; otherwise what the role implies' };

/**
 * An operation whose author gave it no id is named by its method and address, which is unique. Every operation may end in a
 * problem. The header that all authenticated routes take is read before any schema is.
 */
const transform: SwaggerTransform = ({ schema, url, route }) => {
  const { operationId, security, headers, response } = (schema ?? {}) as Described;
  const isOpen = security !== undefined && security.length === 0;
  const taken = {
    ...([route.method].flat().includes('GET') ? {} : { 'idempotency-key': IDEMPOTENCY_KEY }),
    ...headers?.properties,
    purpose: PURPOSE,
  };
  return {
    schema: {
      ...schema,
      operationId: operationId ?? idOf(String(route.method), url),
      response: { ...response, default: response?.['default'] ?? PROBLEM_RESPONSE },
      ...(isOpen ? {} : { headers: { type: 'object', properties: taken } }),
    },
    url,
  };
};

const idOf = (method: string, url: string): string =>
  method.toLowerCase() +
  url
    .replace(/^\/api\/v1/, '')
    .split(/[/:._-]+/)
    .filter((word) => word.length > 0)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');
