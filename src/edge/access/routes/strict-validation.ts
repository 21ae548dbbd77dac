import Ajv from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';

/**
 * Bodies are taken as they are: a member that no schema knows is refused instead of dropped, and nothing is turned into another
 * type. Whoever misspells `scope` must not get a token without one. Only queries, which are all text, are turned.
 */
export function createStrictValidation(): FastifySchemaCompiler<object> {
  const options = { useDefaults: true, removeAdditional: false, allErrors: false } as const;
  const bodies = new Ajv.Ajv(options);
  const queries = new Ajv.Ajv({ ...options, coerceTypes: true });
  return ({ schema, httpPart }) => (httpPart === 'body' ? bodies : queries).compile(schema);
}
