import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Area } from './areas.ts';
import { cedarMutants } from './cedar-mutants.ts';
import { codeMutants, isProgram } from './code-mutants.ts';
import { type Edit, type Mutant, mutantsOf, mutated } from './mutant.ts';
import { filesOf, PROJECT } from './tree.ts';
import { yamlMutants } from './yaml-mutants.ts';

type Mutator = (name: string, text: string) => readonly Edit[] | Promise<readonly Edit[]>;

const MUTATORS: Readonly<Record<string, Mutator>> = { ts: codeMutants, yaml: yamlMutants, cedar: cedarMutants };

/** Every mutant of an area's sources. */
export async function areaMutants({ sources }: Area): Promise<readonly Mutant[]> {
  const mutants: Mutant[] = [];
  for (const file of filesOf(sources)) {
    const text = readFileSync(join(PROJECT, file), 'utf8');
    const edits = await MUTATORS[file.slice(file.lastIndexOf('.') + 1)]!(file, text);
    mutants.push(...mutantsOf(file, text, edits));
  }
  return mutants;
}

/** @throws Error if a mutant of code is no program: reading would notice that, and no test has to */
export function requirePrograms(mutants: readonly Mutant[]): void {
  for (const mutant of mutants.filter(({ file }) => file.endsWith('.ts'))) {
    const text = mutated(readFileSync(join(PROJECT, mutant.file), 'utf8'), mutant);
    if (!isProgram(text)) throw new Error(`mutate: \`${mutant.id}\` of ${mutant.file} is no program; mend its mutator`);
  }
}
