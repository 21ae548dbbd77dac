import { createWriteStream, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '#base/fault';

/** Writes text to the new file `out`, or to the terminal. A file that cannot be completed is removed. @throws Fault `file.unwritable` */
export async function writeOut(out: string | undefined, text: Iterable<string> | AsyncIterable<string>): Promise<void> {
  if (out === undefined) {
    await pipeline(Readable.from(text), process.stdout, { end: false });
    return;
  }
  let isOurs = false;
  const file = createWriteStream(out, { flags: 'wx', mode: 0o600 }).once('open', () => {
    isOurs = true;
  });
  try {
    await pipeline(Readable.from(text), file);
  } catch (error) {
    if (isOurs) rmSync(out, { force: true });
    if (error instanceof Fault) throw error;
    const cause = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Fault('file.unwritable', `--out: \`${out}\` cannot be written (\`${cause}\`); name a new file`, {
      cause,
    });
  }
}

/** Digests as base64, and numbers that are none as null. */
export const asJson = (value: unknown): string =>
  `${JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? item.toBase64() : item), 2)}\n`;
