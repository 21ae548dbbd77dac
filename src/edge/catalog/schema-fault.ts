import type { ErrorObject } from 'ajv/dist/2020.js';
import { formsOf, isRecord, meantErrors } from './meant-errors.ts';
import { nearestWord } from './nearest-word.ts';

/** What a schema finds wrong. `pointer` names the value, or with `at: 'key'` the key, that the message is about. */
export interface SchemaFault {
  readonly pointer: string;
  readonly at: 'value' | 'key';
  readonly message: string;
}

const VALUE_LIMIT = 80;

/** The faults of a validation: what is wrong, with the offending value, and what would be right. */
export function schemaFaults(errors: readonly ErrorObject[]): readonly SchemaFault[] {
  const faults = meantErrors(errors).map(schemaFault);
  // A value that breaks one rule in two places of the schema is told once.
  const seen = new Set<string>();
  return faults.filter(({ pointer, message }) => {
    const key = `${pointer}\n${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function schemaFault(error: ErrorObject): SchemaFault {
  const params = error.params as Readonly<Record<string, unknown>>;
  const pointer = error.instancePath;
  if (error.propertyName !== undefined) {
    const message = `key ${valueMessage(error, params)}`;
    return { pointer: `${pointer}/${escapeStep(error.propertyName)}`, at: 'key', message };
  }
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
      const message = `unknown key ${quoted(key)}; ${oneOf(Object.keys(propertiesOf(error.parentSchema)), key)}`;
      return { pointer: `${pointer}/${escapeStep(key)}`, at: 'key', message };
    }
    default:
      return { pointer, at: 'value', message: valueMessage(error, params) };
  }
}

function valueMessage(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  const value = quoted(error.data);
  const description = descriptionOf(error.parentSchema);
  switch (error.keyword) {
    case 'enum':
      return `${value} is not allowed; ${oneOf(params['allowedValues'] as readonly unknown[], error.data)}`;
    case 'const':
      return `${value} is not allowed; it has to be ${quoted(params['allowedValue'])}`;
    case 'discriminator':
      return discriminatorMessage(error, params);
    case 'required':
      return `key \`${String(params['missingProperty'])}\` is missing${purposeOf(error.parentSchema, params['missingProperty'])}`;
    case 'dependentRequired':
      return `key \`${String(params['missingProperty'])}\` is missing, which \`${String(params['property'])}\` needs`;
    case 'type':
      return `${value} is ${typeName(error.data)}; it has to be ${typeList(params['type'])}${description}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `${value} is out of range; it has to be ${String(params['comparison'])} ${String(params['limit'])}${description}`;
    case 'multipleOf':
      return `${value} has to be a multiple of ${String(params['multipleOf'])}`;
    case 'pattern':
      return `${value} is malformed; it has to be ${description.slice(2) || `text that matches ${String(params['pattern'])}`}`;
    case 'format':
      return `${value} is malformed; it has to be a ${String(params['format'])}${description}`;
    case 'minItems':
    case 'minProperties':
    case 'minLength':
      return `${value} is too short; it needs at least ${String(params['limit'])} ${partName(error.keyword)}`;
    case 'maxItems':
    case 'maxProperties':
    case 'maxLength':
      return `${value} is too long; it may have at most ${String(params['limit'])} ${partName(error.keyword)}`;
    case 'uniqueItems':
      return `items ${String(params['j'])} and ${String(params['i'])} are equal; each may stand once`;
    case 'oneOf':
      if (params['passingSchemas'] !== null) return `${value} fits more than one of the allowed forms${description}`;
      return `${value} has none of the allowed forms${description}`;
    case 'anyOf':
      return `${value} has none of the allowed forms${description}`;
    default:
      return `${value} ${error.message ?? 'is not allowed'}${description}`;
  }
}

function discriminatorMessage(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  const tag = String(params['tag']);
  const allowed = formsOf(error.parentSchema).flatMap((branch) => tagValues(branch, tag));
  const value = params['tagValue'];
  if (value === undefined) return `key \`${tag}\` is missing; ${oneOf(allowed, undefined)}`;
  return `\`${tag}\` ${quoted(value)} is not allowed; ${oneOf(allowed, value)}`;
}

function oneOf(allowed: readonly unknown[], given: unknown): string {
  if (allowed.length === 0) return 'no key is allowed here';
  const words = allowed.map(String);
  const nearest = typeof given === 'string' ? nearestWord(given, words) : undefined;
  const listed = words.map((word) => `\`${word}\``).join(', ');
  const list = words.length === 1 ? `allowed is ${listed}` : `allowed are ${listed}`;
  return nearest === undefined ? list : `did you mean \`${nearest}\`? ${list}`;
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replace(/\s+/g, ' ');
  return `\`${line.length > VALUE_LIMIT ? `${line.slice(0, VALUE_LIMIT)}...` : line}\``;
}

function typeName(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return TYPE_NAMES[typeof value] ?? typeof value;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'empty',
  number: 'a number',
  object: 'a mapping',
  string: 'text',
};

function typeList(type: unknown): string {
  const names = Array.isArray(type) ? type.map(String) : String(type).split(',');
  return names.map((name) => TYPE_NAMES[name] ?? name).join(' or ');
}

function partName(keyword: string): string {
  if (keyword.endsWith('Items')) return 'items';
  return keyword.endsWith('Properties') ? 'keys' : 'characters';
}

function descriptionOf(schema: unknown): string {
  return isRecord(schema) && typeof schema['description'] === 'string' ? `: ${schema['description']}` : '';
}

function purposeOf(schema: unknown, key: unknown): string {
  return descriptionOf(propertiesOf(schema)[String(key)]);
}

function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> {
  return isRecord(schema) && isRecord(schema['properties']) ? schema['properties'] : {};
}

function tagValues(branch: unknown, tag: string): readonly unknown[] {
  const property = propertiesOf(branch)[tag];
  if (!isRecord(property)) return [];
  return Array.isArray(property['enum']) ? property['enum'] : [property['const']];
}

const escapeStep = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');
