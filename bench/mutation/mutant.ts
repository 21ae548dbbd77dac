import { createHash } from 'node:crypto';

/** One change to one file: the text from `start` to `end`, which is `original`, becomes `replacement`. */
export interface Edit {
  readonly mutator: string;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

export interface Mutant extends Edit {
  /** Ten hexadecimal digits: the same as long as the line it stands in, wherever that line moves to within its file. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly original: string;
}

/** The edits of a file as mutants, each once, in order of their place. */
export function mutantsOf(file: string, text: string, edits: readonly Edit[]): readonly Mutant[] {
  const seen = new Map<string, number>();
  return [...edits]
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map((edit) => {
      const original = text.slice(edit.start, edit.end);
      const lineStart = text.lastIndexOf('\n', edit.start - 1) + 1;
      const lineEnd = text.indexOf('\n', edit.start);
      const before = text.slice(lineStart, edit.start).trimStart();
      const around = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd).trim();
      const key = JSON.stringify([file, around, before.length, original, edit.replacement]);
      const repeated = seen.get(key) ?? 0;
      seen.set(key, repeated + 1);
      return {
        ...edit,
        id: digest(`${key}${repeated}`),
        file,
        line: text.slice(0, edit.start).split('\n').length,
        original,
      };
    });
}

export const mutated = (text: string, { start, end, replacement }: Edit): string =>
  text.slice(0, start) + replacement + text.slice(end);

/** The `count` mutants that the seed draws: each by its own lot, so that a change to the code leaves the other lots as they were. */
export function drawMutants(mutants: readonly Mutant[], seed: string, count: number): readonly Mutant[] {
  const lots = new Map(mutants.map(({ id }) => [id, digest(`${seed}/${id}`)]));
  return [...mutants].sort((a, b) => (lots.get(a.id)! < lots.get(b.id)! ? -1 : 1)).slice(0, count);
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10);
