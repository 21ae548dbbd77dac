import { Fault } from '#base/fault';
import type { Minutes } from '#base/units';
import type { ThingValue } from './message.ts';
import type { ActionAffordance } from './thing-model.ts';

/** How much one invocation of an action can deliver, in `unit` (UCUM). Never less than the device will deliver of it. */
export type Delivery =
  /** At once. */
  | { readonly kind: 'dose'; readonly unit: string; readonly quantity: number }
  /** Evenly over a time, in place of the course before. */
  | {
      readonly kind: 'course';
      readonly unit: string;
      readonly quantity: number;
      readonly perHour: number;
      readonly durationMin: Minutes;
    }
  /** Without an end, in place of the course before: `quantity` a day, at most `perHour`. */
  | { readonly kind: 'endless'; readonly unit: string; readonly quantity: number; readonly perHour: number };

/** Units of time that amounts are told per, in hours. */
const HOURS: Readonly<Record<string, number>> = { s: 1 / 3600, min: 1 / 60, h: 1, d: 24 };
const PER_TIME = /^(.+)\/(s|min|h|d)$/;
const HOURS_A_DAY = 24;

/**
 * What an invocation can deliver, by the field that its Thing Model calls the amount. An amount per time lasts for the field of
 * the input that has a unit of time; without such a field, and as a list of a day's course in equal parts, it has no end.
 * Undefined for an action that states no amount.
 * @throws Fault `command.malformed` when the amount or its duration is no finite number
 */
export function deliveryOf(
  action: ActionAffordance,
  input: Readonly<Record<string, ThingValue>>,
): Delivery | undefined {
  if (action.amount === undefined) return undefined;
  const unit = action.input.get(action.amount)?.unit ?? '1';
  const values = numbersOf(action, input, action.amount);
  const perTime = PER_TIME.exec(unit);
  if (perTime === null) return { kind: 'dose', unit, quantity: sum(values) };

  const of = perTime[1]!;
  const hours = HOURS[perTime[2]!]!;
  const perHour = Math.max(...values) / hours;
  const isList = Array.isArray(input[action.amount]);
  const lasting = isList ? undefined : durationField(action);
  if (lasting === undefined) {
    return { kind: 'endless', unit: of, quantity: (sum(values) / values.length / hours) * HOURS_A_DAY, perHour };
  }
  const durationMin = (numbersOf(action, input, lasting.name)[0]! * lasting.hours) / HOURS['min']!;
  return { kind: 'course', unit: of, quantity: perHour * (durationMin / 60), perHour, durationMin };
}

/** The one field with a unit of time; of several nobody knows which. */
function durationField({ input }: ActionAffordance): { readonly name: string; readonly hours: number } | undefined {
  const fields = [...input.values()].flatMap(({ name, unit }) =>
    unit !== undefined && Object.hasOwn(HOURS, unit) ? [{ name, hours: HOURS[unit]! }] : [],
  );
  return fields.length === 1 ? fields[0] : undefined;
}

function numbersOf(
  { name: action }: ActionAffordance,
  input: Readonly<Record<string, ThingValue>>,
  field: string,
): readonly number[] {
  const value = Object.hasOwn(input, field) ? input[field] : undefined;
  const values = typeof value === 'object' ? value : [value];
  if (values.length > 0 && values.every((one): one is number => Number.isFinite(one))) return values;
  throw new Fault('command.malformed', `command ${action}: \`${field}\` is not a number`, { field });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
