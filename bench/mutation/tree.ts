import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leaveNot } from './leftovers.ts';
import { type Edit, mutated } from './mutant.ts';

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = ['src', 'test', 'catalog', 'bin', 'docs', 'README.md', 'SECURITY.md', 'package.json'];

/** A copy of the project in which one file at a time is changed. */
export interface Tree {
  readonly folder: string;
  /** The file with the edit made, for as long as `during` runs. */
  with<T>(file: string, edit: Edit, during: () => Promise<T>): Promise<T>;
  remove(): void;
}

export function copyProject(): Tree {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-mutate-'));
  const remove = leaveNot(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of COPIED) cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    with: async (file, edit, during) => {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, mutated(text, edit));
      try {
        return await during();
      } finally {
        writeFileSync(path, text);
      }
    },
    remove,
  };
}

export const filesOf = (globs: readonly string[]): readonly string[] =>
  globs.flatMap((glob) => globSync(glob, { cwd: PROJECT }).sort());
