import { type Explanation, explanation } from '#base/explanation';
import type { ThingValue } from '#model/thing/message';
import { isThingId, type ThingId } from '#model/thing/thing-id';

/** What somebody asks of a device, before anything about it was judged. */
export interface CommandWish {
  readonly thing: ThingId;
  readonly action: string;
  readonly input: Readonly<Record<string, ThingValue>>;
}

const NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const MOST_FIELDS = 16;
const LONGEST_TEXT = 200;
const LONGEST_LIST = 96;

/**
 * What is malformed about a request, or undefined. Judged before it is recorded: nobody who asks may fill history, or have
 * written what cannot be read back. The answer holds nothing of what was asked.
 */
export function malformationOf({ thing, action, input }: CommandWish): Explanation | undefined {
  if (!isThingId(thing)) return explanation('thing: not 1 to 64 of a-z, 0-9 and "-"');
  if (typeof action !== 'string' || !NAME.test(action)) return explanation('action: not the name of an action');
  const fields = Object.entries(input);
  if (fields.length > MOST_FIELDS)
    return explanation('input: more than {most} fields', { values: { most: MOST_FIELDS } });
  if (!fields.every(([name]) => NAME.test(name))) return explanation('input: a field with an invalid name');
  if (!fields.every(([, value]) => isBounded(value))) {
    return explanation(
      'input: a value that is no finite number, switch, text of at most {longest} or list of at most {most} numbers',
      { values: { longest: LONGEST_TEXT, most: LONGEST_LIST } },
    );
  }
  return undefined;
}

function isBounded(value: ThingValue): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value);
    case 'boolean':
      return true;
    case 'string':
      return value.length <= LONGEST_TEXT && value.isWellFormed();
    case 'object':
      return Array.isArray(value) && value.length <= LONGEST_LIST && value.every(Number.isFinite);
    default:
      return false;
  }
}
