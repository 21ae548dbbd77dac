import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { assert } from '#base/assert';
import { catalogRoot } from './catalog-directory.ts';

const SCHEMA_SUFFIX = '.schema.json';

interface SchemaSet {
  readonly ajv: Ajv2020;
  /** The key under which the validator knows each schema file. */
  readonly keyOfFile: Map<string, string>;
}

const schemaSets = new Map<string, SchemaSet>();

/**
 * The compiled JSON Schema 2020-12 `<root>/schemas/<schemaName>.schema.json`; compiled once. A `$ref` may name another file of
 * that folder. With `oneOf` a schema should carry `discriminator: { propertyName }`, so that a fault is told of the form that
 * was meant and not of all of them.
 *
 * A schema that does not compile is a bug in Wardtwin, so what the validator throws is not caught.
 */
export function catalogSchema(schemaName: string, root: string = catalogRoot): ValidateFunction {
  const set = schemaSetOf(root);
  const key = addSchemaFile(set, root, `${schemaName}${SCHEMA_SUFFIX}`);
  const validate = set.ajv.getSchema(key);
  assert(validate !== undefined, `schema \`${schemaName}\` was added`);
  return validate;
}

function schemaSetOf(root: string): SchemaSet {
  const known = schemaSets.get(root);
  if (known !== undefined) return known;
  // `strictTypes` would refuse the usual `if`/`then` and `required` without a repeated `type`.
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    discriminator: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    verbose: true,
  });
  addFormats.default(ajv);
  const created = { ajv, keyOfFile: new Map<string, string>() };
  schemaSets.set(root, created);
  return created;
}

/** Adds a schema file and those it refers to, and tells the key it is known by: its `$id`, or else the name of the file. */
function addSchemaFile(set: SchemaSet, root: string, file: string): string {
  const known = set.keyOfFile.get(file);
  if (known !== undefined) return known;
  const schema = JSON.parse(readFileSync(join(root, 'schemas', file), 'utf8')) as Record<string, unknown>;
  const key = typeof schema['$id'] === 'string' ? schema['$id'] : file;
  set.keyOfFile.set(file, key);
  for (const referred of referredFiles(schema)) addSchemaFile(set, root, referred);
  set.ajv.addSchema(schema, key);
  return key;
}

function referredFiles(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key !== '$ref' || typeof value !== 'string') return referredFiles(value);
    const file = value.split('#')[0]!.split('/').at(-1)!;
    return file.endsWith(SCHEMA_SUFFIX) ? [file] : [];
  });
}
