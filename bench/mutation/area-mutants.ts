import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Area } from './areas.ts';
import { cedarMutants } from './cedar-mutants.ts';
import { codeMutants } from './code-mutants.ts';
import { type Edit, type Mutant, mutantsOf } from './mutant.ts';
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
