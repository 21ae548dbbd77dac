import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../../shared/data/physiology/diabetes/', import.meta.url));

/** Options for a test that needs the reference data beside the project; it is skipped, and says so, where they are absent. */
export const needsReferenceData = existsSync(folder) ? {} : { skip: `reference data are not at ${folder}` };

/** The rows of a reference file, header line left out. */
export function readReferenceRows(file: string): readonly (readonly string[])[] {
  return readFileSync(`${folder}${file}`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
}
