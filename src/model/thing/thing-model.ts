import type { ThingValue } from './message.ts';

export type ValueType = 'number' | 'integer' | 'string' | 'boolean' | 'number-array';

/** What a value must be. `minimum` and `maximum` bound numbers and every element of a number array, both included. */
export interface ValueSchema {
  readonly name: string;
  readonly type: ValueType;
  /** UCUM code, case sensitive. */
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly (string | number)[];
  /** Of a string in UTF-16 units, of a number array in elements. */
  readonly maxLength?: number;
}

/** A property of a Thing (W3C WoT TD 1.1, 5.3.1.3). */
export interface PropertyAffordance extends ValueSchema {
  readonly observable: boolean;
  /** Code of ISO/IEEE 11073-10101, for example 160184 `MDC_CONC_GLU_...`. */
  readonly ieee11073Code?: number;
}

/**
 * What an action does to therapy: gives more of something, gives less, or stands for a device that falls back on what it holds
 * by itself or no longer listens to a peer; or none of these.
 */
export const ACTION_EFFECTS = ['adds', 'withholds', 'contains', 'none'] as const;
export type ActionEffect = (typeof ACTION_EFFECTS)[number];

/** An action of a Thing (W3C WoT TD 1.1, 5.3.1.4). Every field of `input` is required unless listed in `optional`. */
export interface ActionAffordance {
  readonly name: string;
  readonly input: ReadonlyMap<string, ValueSchema>;
  readonly optional: ReadonlySet<string>;
  /** Absent in a model that does not say: it is then taken to add, the strictest sense. */
  readonly does?: ActionEffect;
  /** The field of the input that says how much. Its unit says of what. */
  readonly amount?: string;
}

/** An event of a Thing (W3C WoT TD 1.1, 5.3.1.5). */
export interface EventAffordance {
  readonly name: string;
  readonly data: ReadonlyMap<string, ValueSchema>;
}

/** The class description of a device, decoded from a W3C WoT 1.1 Thing Model. */
export interface ThingModel {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly properties: ReadonlyMap<string, PropertyAffordance>;
  readonly actions: ReadonlyMap<string, ActionAffordance>;
  readonly events: ReadonlyMap<string, EventAffordance>;
}

/** How `value` breaks `schema`: `type` when it is of another type or not finite, `bounds` when it is outside; else undefined. */
export function violationOf(schema: ValueSchema, value: ThingValue): 'type' | 'bounds' | undefined {
  switch (schema.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'type';
    case 'string':
      return typeof value === 'string' ? stringViolation(schema, value) : 'type';
    case 'number':
    case 'integer':
      return typeof value === 'number' ? numberViolation(schema, value) : 'type';
    case 'number-array':
      return typeof value === 'object' ? arrayViolation(schema, value) : 'type';
  }
}

function stringViolation(schema: ValueSchema, value: string): 'bounds' | undefined {
  if (schema.maxLength !== undefined && value.length > schema.maxLength) return 'bounds';
  return schema.enum !== undefined && !schema.enum.includes(value) ? 'bounds' : undefined;
}

function numberViolation(schema: ValueSchema, value: number): 'type' | 'bounds' | undefined {
  if (schema.type === 'integer' ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return 'type';
  if (schema.minimum !== undefined && value < schema.minimum) return 'bounds';
  if (schema.maximum !== undefined && value > schema.maximum) return 'bounds';
  return schema.enum !== undefined && !schema.enum.includes(value) ? 'bounds' : undefined;
}

function arrayViolation(schema: ValueSchema, values: readonly number[]): 'type' | 'bounds' | undefined {
  if (schema.maxLength !== undefined && values.length > schema.maxLength) return 'bounds';
  for (const value of values) {
    const violation = numberViolation(schema, value);
    if (violation !== undefined) return violation;
  }
  return undefined;
}

/** What is wrong with one field of an action's input. */
export interface InputViolation {
  readonly field: string;
  readonly violation: 'missing' | 'unknown' | 'type' | 'bounds';
}

/** Every way in which `input` breaks what `action` takes. */
export function violationsOfInput(
  action: ActionAffordance,
  input: Readonly<Record<string, ThingValue>>,
): readonly InputViolation[] {
  const violations: InputViolation[] = [];
  for (const field of Object.keys(input)) {
    if (!action.input.has(field)) violations.push({ field, violation: 'unknown' });
  }
  for (const [field, schema] of action.input) {
    const value = Object.hasOwn(input, field) ? input[field] : undefined;
    const isMissing = value === undefined && !action.optional.has(field);
    const violation = isMissing ? 'missing' : value === undefined ? undefined : violationOf(schema, value);
    if (violation !== undefined) violations.push({ field, violation });
  }
  return violations;
}
