import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SECOND } from '#base/time';
import type { Asked, Said } from './platform-words.ts';

const PROGRAM = fileURLToPath(new URL('platform-process.ts', import.meta.url));
const OPEN_WITHIN = 30 * SECOND;

type Question<T> = T extends unknown ? Omit<T, 'n'> : never;

/** A platform in a process of its own. */
export interface PlatformChild {
  readonly commandKey: Uint8Array;
  /** Records that its start replayed. */
  readonly replayed: number;
  /** Resolves with the answer; never when it is killed first. @throws Error when it is refused */
  ask(question: Question<Asked>): Promise<string>;
  /** Resolves when it is gone and all that it said before was heard. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface ChildOptions {
  readonly directory: string;
  readonly location: string;
  /** Of `wardTime`. */
  readonly anchor: number;
  readonly onDispatch: (subject: string, thing: string, bytes: Uint8Array) => void;
}

/** Starts it and waits until it is open. @throws Error with what it said, when it ends instead */
export async function startPlatform({ directory, location, anchor, onDispatch }: ChildOptions): Promise<PlatformChild> {
  const child = spawn(process.execPath, [PROGRAM, directory, location, String(anchor)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
  });
  const waiting = new Map<number, { resolve(answer: string): void; reject(error: Error): void }>();
  const opening = Promise.withResolvers<Uint8Array>();
  const errors: string[] = [];
  let next = 0;
  let replayed = 0;
  let isEnding = false;

  const hear = (said: Said): void => {
    switch (said.kind) {
      case 'open':
        opening.resolve(Uint8Array.fromBase64(said.commandKey));
        return;
      case 'replayed':
        replayed = said.records;
        return;
      case 'log':
        errors.push(said.message);
        return;
      case 'dispatch':
        onDispatch(said.subject, said.thing, Uint8Array.fromBase64(said.bytes));
        return;
      case 'answer':
        waiting.get(said.n)?.resolve(said.outcome);
        waiting.delete(said.n);
        return;
      case 'fault':
        waiting.get(said.n)?.reject(new Error(said.message));
        waiting.delete(said.n);
        return;
    }
  };

  const lines = createInterface(child.stdout);
  // the last line of one that was killed may be half a one
  lines.on('line', (line) => line.endsWith('}') && hear(JSON.parse(line) as Said));
  const heardAll = once(lines, 'close');
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  child.stdin.on('error', () => {});
  const gone = once(child, 'exit').then(async ([code]) => {
    await heardAll;
    if (isEnding) return;
    const error = new Error(`the platform ended by itself with code \`${code}\`:\n${errors.join('\n')}`);
    opening.reject(error);
    for (const { reject } of waiting.values()) reject(error);
  });
  const late = setTimeout(() => opening.reject(new Error(`not open in time:\n${errors.join('\n')}`)), OPEN_WITHIN);

  const ask = (question: Question<Asked>): Promise<string> =>
    new Promise((resolve, reject) => {
      const n = next++;
      waiting.set(n, { resolve, reject });
      child.stdin.write(`${JSON.stringify({ n, ...question })}\n`);
    });

  try {
    return {
      commandKey: await opening.promise,
      replayed,
      ask,
      kill: async () => {
        isEnding = true;
        child.kill('SIGKILL');
        await gone;
      },
      close: async () => {
        isEnding = true;
        await ask({ kind: 'close' });
        await gone;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(late);
  }
}
