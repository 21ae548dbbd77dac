import { existsSync, lstatSync, mkdirSync, readFileSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '#base/fault';
import { PRIVATE, replaceFile, syncFolder } from '../machine/durable-file.ts';

/** A folder whose files only its owner can read. */
export interface PrivateFolder {
  readonly path: string;
  /** The content of a file, or undefined when there is none. @throws Fault `keys.exposed`, `keys.not-owner` */
  read(name: string, limit: number): Uint8Array | undefined;
  /** Replaces a file in one step, durably. */
  write(name: string, content: Uint8Array): void;
}

export interface PrivateFolderOptions {
  readonly create: boolean;
  /** What it holds, as messages call it. */
  readonly what: string;
}

/**
 * Opens the folder at `path`, or makes it.
 * @throws Fault `keys.exposed` when others than its owner can get at it, `keys.not-owner` when that is somebody else,
 * `keys.not-a-folder`, `keys.absent` when there is none and `create` is false
 */
export function openPrivateFolder(path: string, { create, what }: PrivateFolderOptions): PrivateFolder {
  if (!existsSync(path)) {
    if (!create) throw new Fault('keys.absent', `${what}: there is no \`${path}\``, { path });
    mkdirSync(path, { mode: 0o700, recursive: true });
    syncFolder(dirname(path));
  }
  // not following a link: where a link leads can be changed by whoever owns the link
  const folder = lstatSync(path);
  if (!folder.isDirectory()) throw new Fault('keys.not-a-folder', `${what}: \`${path}\` is no folder`, { path });
  requirePrivate(path, folder, '700', what);
  return {
    path,
    read: (name, limit) => readPrivate(join(path, name), limit, what),
    write: (name, content) => replaceFile(join(path, name), content, PRIVATE),
  };
}

function readPrivate(path: string, limit: number, what: string): Uint8Array | undefined {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) return undefined;
  if (!file.isFile() || file.size > limit) {
    throw new Fault('keys.damaged', `${what}: \`${path}\` is no file of at most ${limit} bytes`, { path });
  }
  requirePrivate(path, file, '600', what);
  return new Uint8Array(readFileSync(path));
}

function requirePrivate(path: string, { mode, uid }: Stats, rightMode: string, what: string): void {
  const user = process.getuid?.();
  if (user !== undefined && uid !== user) {
    throw new Fault(
      'keys.not-owner',
      `${what}: \`${path}\` belongs to user ${uid}, not to ${user}; run \`chown ${user} ${path}\` if it is meant for this one`,
      { path, uid },
    );
  }
  if ((mode & 0o077) === 0) return;
  const found = (mode & 0o777).toString(8);
  throw new Fault(
    'keys.exposed',
    `${what}: \`${path}\` has mode ${found}, so others can get at it; run \`chmod ${rightMode} ${path}\``,
    { path, mode: found },
  );
}
