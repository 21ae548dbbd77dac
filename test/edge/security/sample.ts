/** As much of JSON Schema as the API's description uses. */
export interface SampledSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SampledSchema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SampledSchema>>;
  readonly items?: SampledSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly minProperties?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** What one of has to fit a text's pattern: names, ids of each kind, positions, instants. */
const TEXTS = ['p1', 'a'.repeat(16), 'c1', '0'.repeat(24), 'Name', '2026-01-05T00:00:00Z', '0', 'o0.0', 'a'.repeat(32)];

/**
 * The least value that fits a schema, so that a request gets past its validation and as far as the question of rights. `known`
 * gives members by their names.
 */
export function sampleOf(schema: SampledSchema, known: Readonly<Record<string, unknown>> = {}): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0]!, known);
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'object':
      return sampleOfObject(schema, known);
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}, known));
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return sampleOfText(schema);
  }
}

function sampleOfObject(
  { properties = {}, required = [], minProperties = 0 }: SampledSchema,
  known: Readonly<Record<string, unknown>>,
): unknown {
  const needed = required.length >= minProperties ? required : Object.keys(properties).slice(0, minProperties);
  return Object.fromEntries(
    needed.map((name) => [name, name in known ? known[name] : sampleOf(properties[name] ?? {}, known)]),
  );
}

function sampleOfText({ pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: SampledSchema): string {
  const form = new RegExp(pattern ?? '', 'u');
  const text = TEXTS.find((one) => form.test(one) && one.length >= minLength && one.length <= maxLength);
  if (text === undefined) throw new Error(`no text at hand fits \`${pattern}\`; add one`);
  return text;
}
