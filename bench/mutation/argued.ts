import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

interface Argument {
  readonly id: string;
  /** File, original and replacement, for a reader. */
  readonly mutant: string;
  readonly because: string;
}

/** Reasons by id of the mutant. */
export function arguedSurvivors(): ReadonlyMap<string, string> {
  const path = fileURLToPath(new URL('argued.yaml', import.meta.url));
  const all = parse(readFileSync(path, 'utf8')) as readonly Argument[];
  return new Map(all.map(({ id, because }) => [id, because]));
}
