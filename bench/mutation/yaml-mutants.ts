import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Edit } from './mutant.ts';
import { doubled, halved, stepped } from './numbers.ts';

/** Keys whose words choose between meanings. Other texts tell a person something, and are no rule. */
const CHOOSING = [
  'kind',
  'severity',
  'confidence',
  'relation',
  'metric',
  'measure',
  'controller',
  'what',
  'to',
  'type',
];

/**
 * The mutants of a YAML file: numbers changed thrice, yes and no turned, a row or member left out, and a word of choice that
 * becomes another one that the file has under the same key.
 */
export function yamlMutants(_name: string, text: string): readonly Edit[] {
  const document = parseDocument(text);
  const edits: Edit[] = [];
  const choices: Pair<Scalar, Scalar>[] = [];
  visit(document, {
    Scalar: (key, scalar) => void (key === 'key' || edits.push(...scalarEdits(scalar, text))),
    Seq: (_, seq) => void edits.push(...seq.items.map((__, index) => without(text, seq, index))),
    Map: (_, map) =>
      void edits.push(
        ...map.items.flatMap(({ value }, index) => (isCollection(value) ? [without(text, map, index)] : [])),
      ),
    Pair: (_, pair) => void (isChoice(pair) && choices.push(pair)),
  });
  return [...edits, ...choices.flatMap((pair) => wordEdits(text, pair, choices))];
}

function isChoice(pair: Pair): pair is Pair<Scalar, Scalar> {
  const { key, value } = pair;
  return isScalar(key) && CHOOSING.includes(String(key.value)) && isScalar(value) && typeof value.value === 'string';
}

function wordEdits(
  text: string,
  { key, value }: Pair<Scalar, Scalar>,
  choices: readonly Pair<Scalar, Scalar>[],
): readonly Edit[] {
  const words = choices.filter((other) => other.key.value === key.value).map((other) => String(other.value!.value));
  const others = [...new Set(words)].sort();
  if (others.length < 2) return [];
  const next = others[(others.indexOf(String(value!.value)) + 1) % others.length]!;
  return [{ mutator: 'Word', ...placeOf(text, value), replacement: next }];
}

function scalarEdits(scalar: Scalar, text: string): readonly Edit[] {
  const place = placeOf(text, scalar);
  const written = text.slice(place.start, place.end);
  if (typeof scalar.value === 'boolean') return [{ mutator: 'Boolean', ...place, replacement: String(!scalar.value) }];
  if (typeof scalar.value !== 'number') return [];
  const others = new Set(
    [doubled(written), halved(written), stepped(written)].filter((other) => Number(other) !== scalar.value),
  );
  return [...others].map((replacement) => ({ mutator: 'Number', ...place, replacement }));
}

/** A list without one of its members, a table without one of its rows. */
function without(text: string, from: YAMLSeq | YAMLMap, index: number): Edit {
  const mutator = isMap(from) ? 'Row' : 'Member';
  const { start, end } = placeOf(text, from.items[index]);
  if (from.items.length === 1) return { mutator, ...placeOf(text, from), replacement: isMap(from) ? '{}' : '[]' };
  const next = from.items[index + 1];
  if (from.flow)
    return next === undefined
      ? { mutator, start: placeOf(text, from.items[index - 1]).end, end, replacement: '' }
      : { mutator, start, end: placeOf(text, next).start, replacement: '' };
  const dashed = (at: number): number => (isMap(from) ? at : text.lastIndexOf('-', at - 1));
  return {
    mutator,
    start: dashed(start),
    end: next === undefined ? end : dashed(placeOf(text, next).start),
    replacement: '',
  };
}

/** Where a node stands, without the white space that the parser counts to it. */
function placeOf(text: string, node: unknown): { readonly start: number; readonly end: number } {
  if (isPair(node)) return { start: placeOf(text, node.key).start, end: placeOf(text, node.value ?? node.key).end };
  const [start, end] = (node as Scalar).range!;
  return { start, end: start + text.slice(start, end).trimEnd().length };
}
