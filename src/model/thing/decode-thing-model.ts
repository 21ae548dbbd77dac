import { Fault } from '#base/fault';
import {
  ACTION_EFFECTS,
  type ActionAffordance,
  type ActionEffect,
  type EventAffordance,
  type PropertyAffordance,
  type ThingModel,
  type ValueSchema,
  type ValueType,
} from './thing-model.ts';

/** One thing that is wrong with a Thing Model. `path` is a JSON Pointer (RFC 6901). */
export interface ThingModelFault {
  readonly path: string;
  readonly value: unknown;
  readonly expected: string;
}

const CONTEXT = 'https://www.w3.org/2022/wot/td/v1.1';
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const DOES = 'wardtwin:does';
const AMOUNT = 'wardtwin:amount';
const VALUE_TYPES: ReadonlySet<unknown> = new Set(['number', 'integer', 'string', 'boolean']);

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Decodes a W3C WoT 1.1 Thing Model from its JSON. Values are numbers, integers, strings, booleans and arrays of numbers;
 * `ieee11073:code` holds a property's ISO/IEEE 11073-10101 code; units are UCUM codes. `wardtwin:does` and `wardtwin:amount` of an
 * action say what it does to therapy and which field says how much. Members that the platform does not use are left alone.
 * @throws Fault `thing-model.malformed` with every fault in `data.faults` (`ThingModelFault[]`)
 */
export function decodeThingModel(document: unknown): ThingModel {
  const reader = createReader();
  const model = reader.readModel(document);
  if (model !== undefined && reader.faults.length === 0) return model;
  const [first] = reader.faults;
  const more = reader.faults.length > 1 ? ` and ${reader.faults.length - 1} more` : '';
  const what = `\`${String(first?.value)}\` at ${first?.path || '/'} is not ${first?.expected}${more}`;
  throw new Fault('thing-model.malformed', `thing model: ${what}`, { faults: reader.faults });
}

function createReader() {
  const faults: ThingModelFault[] = [];

  const fault = (path: string, value: unknown, expected: string): void => {
    faults.push({ path, value, expected });
  };

  const readText = (object: JsonObject, name: string, path: string): string => {
    const value = object[name];
    if (typeof value === 'string' && value.length > 0) return value;
    fault(`${path}/${name}`, value, 'a text that is not empty');
    return '';
  };

  const readOptional = <T>(
    object: JsonObject,
    name: string,
    path: string,
    expected: string,
    accepts: (value: unknown) => value is T,
  ): T | undefined => {
    const value = object[name];
    if (value === undefined || accepts(value)) return value;
    fault(`${path}/${name}`, value, expected);
    return undefined;
  };

  const readMap = <T>(parent: JsonObject, name: string, path: string, read: ReadEntry<T>): ReadonlyMap<string, T> => {
    const entries = new Map<string, T>();
    const value = parent[name];
    if (value === undefined) return entries;
    if (!isObject(value)) {
      fault(`${path}/${name}`, value, 'an object');
      return entries;
    }
    for (const [key, item] of Object.entries(value)) {
      const itemPath = `${path}/${name}/${key}`;
      if (!NAME.test(key))
        fault(itemPath, key, 'a name of 1 to 64 letters, digits, "_" and "-" that begins with a letter');
      else if (!isObject(item)) fault(itemPath, item, 'an object');
      else entries.set(key, read(key, item, itemPath));
    }
    return entries;
  };

  const readType = (schema: JsonObject, path: string): ValueType => {
    const { type, items } = schema;
    if (type === 'array') {
      if (isObject(items) && (items['type'] === 'number' || items['type'] === 'integer')) return 'number-array';
      fault(`${path}/items`, items, 'a schema of type number');
      return 'number-array';
    }
    if (VALUE_TYPES.has(type)) return type as ValueType;
    fault(`${path}/type`, type, 'number, integer, string, boolean or array');
    return 'number';
  };

  const readSchema = (name: string, schema: JsonObject, path: string): ValueSchema => {
    const type = readType(schema, path);
    const isArray = type === 'number-array';
    const bounds = isArray && isObject(schema['items']) ? schema['items'] : schema;
    const boundsPath = isArray ? `${path}/items` : path;
    const minimum = readOptional(bounds, 'minimum', boundsPath, 'a number', isFiniteNumber);
    const maximum = readOptional(bounds, 'maximum', boundsPath, 'a number', isFiniteNumber);
    if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
      fault(`${boundsPath}/maximum`, maximum, `at least the minimum ${minimum}`);
    }
    const lengthName = isArray ? 'maxItems' : 'maxLength';
    return {
      name,
      type,
      ...defined('unit', readOptional(schema, 'unit', path, 'a UCUM code', isUcum)),
      ...defined('minimum', minimum),
      ...defined('maximum', maximum),
      ...defined('enum', readOptional(bounds, 'enum', boundsPath, `a list of values of type ${type}`, isEnumOf(type))),
      ...defined('maxLength', readOptional(schema, lengthName, path, 'a whole number from 0', isCount)),
    };
  };

  const readProperty = (name: string, schema: JsonObject, path: string): PropertyAffordance => ({
    ...readSchema(name, schema, path),
    observable: readOptional(schema, 'observable', path, 'true or false', isBoolean) ?? false,
    ...defined('ieee11073Code', readOptional(schema, 'ieee11073:code', path, 'a nomenclature code', isCount)),
  });

  const readAction = (name: string, action: JsonObject, path: string): ActionAffordance => {
    const does = readOptional(action, DOES, path, `one of ${ACTION_EFFECTS.join(', ')}`, isEffect);
    const amount = readOptional(action, AMOUNT, path, 'the name of a field of the input', isName);
    const affordance = { name, ...readInput(action, path), ...defined('does', does), ...defined('amount', amount) };
    const unit = amount === undefined ? undefined : affordance.input.get(amount)?.unit;
    if (amount !== undefined && (unit === undefined || affordance.optional.has(amount)))
      fault(`${path}/${AMOUNT}`, amount, 'a required field of the input that has a unit');
    return affordance;
  };

  const readInput = (action: JsonObject, path: string): Pick<ActionAffordance, 'input' | 'optional'> => {
    const input = readOptional(action, 'input', path, 'an object', isObject);
    if (input === undefined) return { input: new Map(), optional: new Set() };
    const inputPath = `${path}/input`;
    if (input['type'] !== 'object') fault(`${inputPath}/type`, input['type'], 'object');
    const fields = readMap(input, 'properties', inputPath, readSchema);
    const required = readOptional(input, 'required', inputPath, 'a list of field names', isNames) ?? [];
    for (const field of required) {
      if (!fields.has(field)) fault(`${inputPath}/required`, field, `a field of the input`);
    }
    return { input: fields, optional: new Set([...fields.keys()].filter((field) => !required.includes(field))) };
  };

  /** Data that is a single value becomes one field `value`. */
  const readEvent = (name: string, event: JsonObject, path: string): EventAffordance => {
    const data = readOptional(event, 'data', path, 'an object', isObject);
    if (data === undefined) return { name, data: new Map() };
    if (data['type'] === 'object') return { name, data: readMap(data, 'properties', `${path}/data`, readSchema) };
    return { name, data: new Map([['value', readSchema('value', data, `${path}/data`)]]) };
  };

  const readVersion = (document: JsonObject): string => {
    const version = document['version'];
    if (isObject(version)) return readText(version, 'model', '/version');
    fault('/version', version, 'an object with the member `model`');
    return '';
  };

  const readModel = (document: unknown): ThingModel | undefined => {
    if (!isObject(document)) {
      fault('', document, 'an object');
      return undefined;
    }
    if (!asList(document['@context']).includes(CONTEXT)) fault('/@context', document['@context'], CONTEXT);
    if (!asList(document['@type']).includes('tm:ThingModel')) fault('/@type', document['@type'], 'tm:ThingModel');
    return {
      id: readText(document, 'id', ''),
      title: readText(document, 'title', ''),
      version: readVersion(document),
      properties: readMap(document, 'properties', '', readProperty),
      actions: readMap(document, 'actions', '', readAction),
      events: readMap(document, 'events', '', readEvent),
    };
  };

  return { faults, readModel };
}

type ReadEntry<T> = (name: string, item: JsonObject, path: string) => T;

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
/** UCUM codes are printable ASCII without spaces (UCUM, 1.3). */
const isUcum = (value: unknown): value is string => typeof value === 'string' && /^[!-~]+$/.test(value);
const isEffect = (value: unknown): value is ActionEffect => (ACTION_EFFECTS as readonly unknown[]).includes(value);
const isName = (value: unknown): value is string => typeof value === 'string';
const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

const isEnumOf =
  (type: ValueType) =>
  (value: unknown): value is readonly (string | number)[] => {
    if (!Array.isArray(value) || value.length === 0) return false;
    if (type === 'boolean') return false;
    return value.every((item) => (type === 'string' ? typeof item === 'string' : isFiniteNumber(item)));
  };

const defined = <K extends string, T>(name: K, value: T | undefined): { readonly [P in K]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: T };
