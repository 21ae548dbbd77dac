import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Only its owner reads or writes it. */
export const PRIVATE = 0o600;
/** Everybody reads it. */
export const PUBLIC = 0o644;

/** Puts `bytes` at `path`, whole or not at all, and durably: a reader sees the old file or the new one. */
export async function writeDurably(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', mode);
  try {
    // a file that was left over keeps the mode it was made with
    await file.chmod(mode);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await renameDurably(temporary, path);
}

export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const directory = await open(dirname(to), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
