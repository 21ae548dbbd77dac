/** A fact that an explanation names. Numbers are kept whole; `explain` rounds them for the reader. */
export type ExplainedValue = number | string | boolean;
export type ExplainedValues = Readonly<Record<string, ExplainedValue>>;

/**
 * Why something was found, refused or declared. What is known of a patient stands apart, so that it can be shown under the
 * right to read that twin, and the rest under the right to see the explanation. Make one with `explanation`.
 */
export interface Explanation {
  /** A sentence with `{name}` where a value belongs. INVARIANT: holds no value itself, only constants of the program. */
  readonly statement: string;
  /** Facts about messages, commands, keys, accounts and policies, and what the asker sent: shown with the statement. */
  readonly values?: ExplainedValues;
  /** What devices report of the patient and of therapy, and all that is derived of it: shown with the right `readTwin`. */
  readonly reported?: ExplainedValues;
}

type Nothing = Readonly<Record<never, never>>;
/** A text that stands in the source. One with a value glued in is a pattern, which no object must have as its member. */
type Constant<Text extends string> = Nothing extends Readonly<Record<Text, unknown>> ? never : Text;
type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
/** The names that a statement asks for and nobody gave: no explanation with such a statement compiles. */
type Complete<Text extends string, Given extends PropertyKey> =
  Exclude<Placeholders<Text>, Given> extends never ? Constant<Text> : never;

/**
 * The compiler refuses a statement with a value glued in, a placeholder without a value, and a name in both classes.
 * Values that no placeholder names are data for programs.
 */
export function explanation<
  const Text extends string,
  Values extends ExplainedValues = Nothing,
  Reported extends ExplainedValues & { readonly [Name in keyof Values]?: never } = Nothing,
>(
  statement: Complete<Text, keyof Values | keyof Reported> & Text,
  given: { readonly values?: Values; readonly reported?: Reported } = {},
): Explanation {
  return { statement, ...given };
}

/** What of an explanation somebody may see; who may see none of it is not told of it at all. */
export interface Insight {
  readonly reported: boolean;
}

const WITHHELD = '…';
const PLACEHOLDER = /\{(\w+)\}/g;

/** The sentence for a reader, with an ellipsis in the place of what they may not see. */
export function explain({ statement, values = {}, reported = {} }: Explanation, insight: Insight): string {
  const visible = insight.reported ? [values, reported] : [values];
  return statement.replace(PLACEHOLDER, (_, name: string) => {
    const source = visible.find((given) => Object.hasOwn(given, name));
    return source === undefined ? WITHHELD : quoted(shortened(source[name]!));
  });
}

/** The explanation alone, of what is more than one. */
export const explanationOf = ({ statement, values, reported }: Explanation): Explanation => ({
  statement,
  ...(values === undefined ? {} : { values }),
  ...(reported === undefined ? {} : { reported }),
});

/** Also of what is more than an explanation, such as a finding. */
export function withoutReported<Told extends Explanation>({ reported: _, ...rest }: Told): Omit<Told, 'reported'> {
  return rest;
}

/** A text with quotations of its own is none. */
const quoted = (text: string): string => (text.includes('`') ? text : `\`${text}\``);

/** Four digits of a number that is no whole one: more says nothing to a reader. */
function shortened(value: ExplainedValue): string {
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(value);
}
