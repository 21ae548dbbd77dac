import { Ajv, type Options } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';

/** Says no to what does not fit instead of making it fit; a default of a schema is filled in. */
const STRICT: Options = {
  allErrors: false,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: true,
  strict: true,
  strictTypes: false,
  allowUnionTypes: true,
  // words of OpenAPI that say nothing about validity
  keywords: ['example'],
};

const withFormats = (options: Options): Ajv => ajvFormats.default(new Ajv(options));

/** Bodies are JSON and say their types themselves; in addresses and headers everything is text, and a number is read out of it. */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const ofBodies = withFormats(STRICT);
  const ofTexts = withFormats({ ...STRICT, coerceTypes: true });
  return ({ schema, httpPart }) => (httpPart === 'body' ? ofBodies : ofTexts).compile(schema);
}
