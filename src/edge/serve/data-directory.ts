import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '#base/fault';
import { PUBLIC, replaceFile } from '../machine/durable-file.ts';

/** Beside the store, not in it. A restore that is meant removes it. */
export const HEAD_FILE = 'history.head';

/** Where a live ward keeps what is its own. */
export interface DataDirectory {
  readonly path: string;
  readonly history: string;
  readonly rootKeys: string;
  /** What devices and people pin: the root certificate, public. */
  readonly ca: string;
  /** Where the platform was reached when it last started, public. */
  readonly address: string;
  /** Verifier keys of the history's checkpoints, public. */
  readonly verifierKeys: string;
  readonly epochs: { last(): number; keep(epoch: number): void };
  /** The newest signed checkpoint: what the store may never fall behind. */
  readonly head: { last(): string | undefined; keep(note: string): void };
  /** Nothing was kept here yet: the first root key may be made. An empty folder is new, and so is a first start that was cut short. */
  readonly isNew: boolean;
}

/** @throws Fault `data.directory` for a folder that others can read, or that cannot be made */
export function openDataDirectory(path: string): DataDirectory {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Fault('data.directory', `--data: cannot make \`${path}\`: ${(error as Error).message}`);
  }
  const status = statSync(path);
  if (!status.isDirectory()) throw new Fault('data.directory', `--data: \`${path}\` is no folder`);
  if ((status.mode & 0o077) !== 0) {
    throw new Fault('data.directory', `--data: others may look into \`${path}\`; run \`chmod 700 ${path}\``);
  }
  const epochFile = join(path, 'epoch');
  const headFile = join(path, HEAD_FILE);
  const history = join(path, 'history.sqlite');
  return {
    path,
    history,
    rootKeys: join(path, 'root-keys'),
    ca: join(path, 'ca.pem'),
    address: join(path, 'address'),
    verifierKeys: join(path, 'history.vkey'),
    epochs: {
      last: () => (existsSync(epochFile) ? Number.parseInt(readFileSync(epochFile, 'utf8'), 10) || 0 : 0),
      keep: (epoch) => replaceFile(epochFile, `${epoch}\n`, PUBLIC),
    },
    head: {
      last: () => (existsSync(headFile) ? readFileSync(headFile, 'utf8') : undefined),
      keep: (note) => replaceFile(headFile, note, PUBLIC),
    },
    isNew: !existsSync(history) && !existsSync(epochFile),
  };
}
