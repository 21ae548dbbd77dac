import { readFileSync } from 'node:fs';

/** The rows of a file of this folder, its comments and its header line left out. */
export function readVectors(file: string): readonly (readonly string[])[] {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .slice(1)
    .map((line) => line.split(','));
}
