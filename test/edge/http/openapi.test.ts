import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { type HttpBench, openHttpBench } from './http-bench.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: object;
}
interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description?: string; readonly content?: Readonly<Record<string, { readonly schema: object }>> }
    >
  >;
}
interface Description {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let bench: HttpBench;
let api: Description;
before(async () => {
  bench = await openHttpBench();
  const answer = await bench.ask(undefined, '/api/v1/openapi.json');
  assert.equal(answer.status, 200, answer.text);
  api = answer.json<Description>();
});
after(() => bench.close());

const operations = (): readonly (readonly [string, string, Operation])[] =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  );

test('the API is described by OpenAPI 3.1, every route of it', () => {
  assert.match(api.openapi, /^3\.1\./);
  assert.ok(api.info.title.length > 0 && api.info.version.length > 0);
  const paths = Object.keys(api.paths);
  for (const path of [
    '/api/v1/twins/{subject}',
    '/api/v1/twins/{subject}/commands',
    '/api/v1/sessions',
    '/things/{id}',
    '/livez',
  ]) {
    assert.ok(paths.includes(path), path);
  }
});

test('every operation has a name of its own, says what it does and what it answers', () => {
  const ids = operations().map(([path, method, { operationId, summary, responses }]) => {
    assert.ok(summary !== undefined && summary.length > 0, `${method} ${path}`);
    assert.ok(Object.keys(responses).length > 1 && responses['default'] !== undefined, `${method} ${path}`);
    for (const [status, { description }] of Object.entries(responses)) {
      assert.match(status, /^([1-5](\d\d|XX)|default)$/);
      assert.equal(typeof description, 'string', `${method} ${path} ${status}`);
    }
    return operationId;
  });
  assert.ok(ids.every((id) => id !== undefined));
  assert.equal(new Set(ids).size, ids.length);
});

test('every part of an address is declared, and required', () => {
  for (const [path, method, { parameters = [] }] of operations()) {
    const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
    const declared = parameters.filter((parameter) => parameter.in === 'path');
    assert.deepEqual(declared.map(({ name }) => name).sort(), named.toSorted(), `${method} ${path}`);
    assert.ok(declared.every(({ required }) => required === true));
  }
});

test('every schema in it is one (JSON Schema 2020-12), without the words of OpenAPI 3.0', () => {
  const ajv = ajvFormats.default(new Ajv2020({ strict: false, allErrors: true }));
  for (const [path, method, { parameters = [], requestBody, responses }] of operations()) {
    const schemas = [
      ...parameters.map(({ schema }) => schema),
      ...[requestBody, ...Object.values(responses)].flatMap((part) =>
        Object.values(part?.content ?? {}).map(({ schema }) => schema),
      ),
    ];
    for (const schema of schemas) {
      assert.equal(ajv.validateSchema(schema), true, `${method} ${path} ${JSON.stringify(ajv.errors)}`);
      assert.doesNotMatch(JSON.stringify(schema), /"nullable"/, `${method} ${path}`);
    }
  }
});

test('everything that comes in is bounded', () => {
  const unbounded: string[] = [];
  const look = (schema: Readonly<Record<string, unknown>>, where: string): void => {
    const { type, maxLength, pattern, enum: choices, maxItems, maximum, const: only, format } = schema;
    if (type === 'string' && [maxLength, pattern, choices, only, format].every((bound) => bound === undefined)) {
      unbounded.push(`${where}: string`);
    }
    if (type === 'array' && maxItems === undefined) unbounded.push(`${where}: array`);
    if ((type === 'integer' || type === 'number') && where.includes('query') && maximum === undefined) {
      unbounded.push(`${where}: number`);
    }
    for (const [name, part] of Object.entries(schema)) {
      if (typeof part === 'object' && part !== null)
        look(part as Readonly<Record<string, unknown>>, `${where}/${name}`);
    }
  };
  for (const [path, method, { parameters = [], requestBody }] of operations()) {
    for (const { schema, name, in: place } of parameters) {
      if (place !== 'header') look(schema as Readonly<Record<string, unknown>>, `${method} ${path} ${place} ${name}`);
    }
    for (const { schema } of Object.values(requestBody?.content ?? {})) {
      look(schema as Readonly<Record<string, unknown>>, `${method} ${path} body`);
    }
  }
  assert.deepEqual(unbounded, []);
});
