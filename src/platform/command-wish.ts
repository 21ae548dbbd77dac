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
 * Why a wish is none that any device could take, or undefined. Judged before it is recorded: whoever asks must not be able to
 * fill history, or to have written what cannot be read back. The answer holds nothing of what was asked.
 */
export function malformationOf({ thing, action, input }: CommandWish): string | undefined {
  if (!isThingId(thing)) return 'thing: not 1 to 64 of a-z, 0-9 and "-"';
  if (typeof action !== 'string' || !NAME.test(action)) return 'action: not the name of an action';
  const fields = Object.entries(input);
  if (fields.length > MOST_FIELDS) return `input: more than ${MOST_FIELDS} fields`;
  if (!fields.every(([name]) => NAME.test(name))) return 'input: a field whose name is none';
  if (!fields.every(([, value]) => isBounded(value))) {
    return `input: a value that is no finite number, switch, text of at most ${LONGEST_TEXT} or list of at most ${LONGEST_LIST} numbers`;
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
