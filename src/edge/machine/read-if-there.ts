import { readFileSync } from 'node:fs';

/** What a file holds, or undefined where there is none. What cannot be read is an error: it is not the same as nothing. */
export function readIfThere(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The same for a text in UTF-8. */
export function readTextIfThere(path: string): string | undefined {
  const bytes = readIfThere(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}
