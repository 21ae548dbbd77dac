import type { CborObject, CborValue } from './canonical.ts';
import { type ExplainedValue, type ExplainedValues, type Explanation, explanation } from './explanation.ts';

/** An explanation out of a record. Version 0.2 recorded texts with all values glued in: of these everything is reported. */
export function recordedExplanation(recorded: CborValue | undefined): Explanation {
  if (typeof recorded === 'string') return recordedAsText(recorded);
  const { statement, values, reported } = isObject(recorded) ? recorded : {};
  if (typeof statement !== 'string') return explanation('no reason was recorded');
  return {
    statement,
    ...(values === undefined ? {} : { values: factsOf(values) }),
    ...(reported === undefined ? {} : { reported: factsOf(reported) }),
  };
}

export const recordedExplanations = (recorded: CborValue | undefined): readonly Explanation[] =>
  Array.isArray(recorded) ? recorded.map(recordedExplanation) : [];

export const recordedAsText = (text: string, reported: ExplainedValues = {}): Explanation =>
  explanation('recorded as text by an earlier version: {text}', { reported: { ...reported, text } });

export const factsOf = (recorded: CborValue | undefined): ExplainedValues =>
  isObject(recorded)
    ? Object.fromEntries(
        Object.entries(recorded).filter((entry): entry is [string, ExplainedValue] => isFact(entry[1])),
      )
    : {};

const isFact = (value: unknown): value is ExplainedValue =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';

const isObject = (value: CborValue | undefined): value is CborObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array || value instanceof Map);
