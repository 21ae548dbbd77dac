import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestFn, test } from 'node:test';

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

export const isThere = (program: string): boolean => FOLDERS.some((folder) => existsSync(join(folder, program)));

/**
 * What a test lacks, as a reason to skip it. The package asks for Node.js and npm alone; continuous integration (`CI` is set) has
 * whatever its tests ask for beyond that.
 *
 * @throws Error under continuous integration, if anything is missing
 */
export function reasonToSkip(
  missing: string | false,
  { CI: ci = '' }: NodeJS.ProcessEnv = process.env,
): string | false {
  if (missing !== false && !['', '0', 'false'].includes(ci)) throw new Error(`nothing is skipped under CI: ${missing}`);
  return missing;
}

/** The reason to skip a test that runs these programs, or false. */
export function lacking(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => !isThere(program));
  return reasonToSkip(missing.length > 0 && `needs ${missing.map((program) => `\`${program}\``).join(' and ')}`);
}

/** `test` for a file whose tests run these programs. */
export const testWith =
  (...programs: readonly string[]) =>
  (name: string, run: TestFn): Promise<void> =>
    test(name, { skip: lacking(...programs) }, run);
