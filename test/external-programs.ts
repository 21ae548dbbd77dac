import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestFn, test } from 'node:test';

const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
const isThere = (program: string): boolean => FOLDERS.some((folder) => existsSync(join(folder, program)));

/**
 * Why a test that runs these programs is skipped, or false. The package asks for Node.js and npm alone; what its tests ask beyond
 * that, continuous integration has, and fails without.
 */
export function lacking(...programs: readonly string[]): string | false {
  if (process.env['CI'] === 'true') return false;
  const missing = programs.filter((program) => !isThere(program));
  return missing.length === 0 ? false : `needs ${missing.map((program) => `\`${program}\``).join(' and ')}`;
}

/** `test` for a file whose tests run these programs. */
export const testWith =
  (...programs: readonly string[]) =>
  (name: string, run: TestFn): Promise<void> =>
    test(name, { skip: lacking(...programs) }, run);
