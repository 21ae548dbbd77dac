import { type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { asMillis, asObject, asText, asThing, malformed, requireOnly } from './content-fields.ts';
import type { Command, ThingValue } from './message.ts';
import { SENML_LIMITS } from './senml.ts';

export const COMMAND_ID_LENGTH = 64;
const ACTION_NAME_LENGTH = 64;
const INPUT_FIELDS = 32;

/** What a command says, as the canonical CBOR that is signed. */
export function encodeCommand({ id, input, thing, action, issuedAt, expiresAt }: Command): Uint8Array {
  return encodeCanonical({ id, input, thing, action, issuedAt, expiresAt });
}

/** @throws Fault `content.malformed`, `cbor.malformed` */
export function decodeCommand(payload: Uint8Array, limit: number): Command {
  const fields = asObject(decodeCanonical(payload, limit), 'Command');
  requireOnly(fields, 6);
  return {
    kind: 'Command',
    id: asText(fields['id'], 'id', COMMAND_ID_LENGTH),
    thing: asThing(fields['thing']),
    action: asText(fields['action'], 'action', ACTION_NAME_LENGTH),
    input: readInput(fields['input']),
    issuedAt: asMillis(fields['issuedAt'], 'issuedAt'),
    expiresAt: asMillis(fields['expiresAt'], 'expiresAt'),
  };
}

function readInput(value: CborValue | undefined): Readonly<Record<string, ThingValue>> {
  const fields = asObject(value, 'input');
  const names = Object.keys(fields);
  if (names.length > INPUT_FIELDS) throw malformed(`\`${names.length}\` input fields are too many`);
  const input: Record<string, ThingValue> = {};
  for (const name of names) input[name] = readInputValue(name, fields[name]);
  return input;
}

function readInputValue(name: string, value: CborValue | undefined): ThingValue {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return value;
    case 'string':
      return asText(value, name, SENML_LIMITS.textLength);
    default:
      if (Array.isArray(value) && value.length <= SENML_LIMITS.arrayLength && value.every(isNumber)) return value;
      throw malformed(`input \`${name}\` is no number, text, boolean or array of numbers`);
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
