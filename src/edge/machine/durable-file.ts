import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Only its owner reads or writes it. */
export const PRIVATE = 0o600;
/** Everybody reads it. */
export const PUBLIC = 0o644;

/**
 * Puts `content` at `path`, whole or not at all, and durably when it returns: whoever reads, also after a power cut, finds the old
 * file or the new one. One writer of a path at a time.
 */
export function replaceFile(path: string, content: Uint8Array | string, mode: number): void {
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', mode);
  try {
    // a draft that was left over keeps the mode it was made with
    fchmodSync(file, mode);
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameDurably(draft, path);
}

export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(dirname(to));
}

/** Makes the entries of a folder durable: what was made, renamed or removed in it. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
