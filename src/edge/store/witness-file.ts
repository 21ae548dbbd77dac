import { readFileSync } from 'node:fs';
import { Fault } from '#base/fault';
import { DIGEST_BYTES } from '#crypto/digest';
import { PRIVATE, replaceFile } from '../machine/durable-file.ts';
import type { WitnessedCheckpoint, WitnessMemory } from './witness.ts';

/**
 * What a witness remembers, in a JSON file that is replaced in one step: `{ "ORIGIN": { "size": N, "root": "base64" } }`. A
 * file that is missing is a witness that has seen nothing yet; one that cannot be read is a fault, never a fresh start.
 * @throws Fault `witness.memory`
 */
export function openWitnessFile(path: string): WitnessMemory {
  const known = new Map(Object.entries(readJson(path)).map(([origin, value]) => [origin, parseEntry(path, value)]));
  return {
    last: (origin) => known.get(origin),
    keep: (origin, checkpoint) => {
      const next = new Map(known).set(origin, checkpoint);
      write(path, `${JSON.stringify(Object.fromEntries([...next].map(([name, entry]) => [name, asJson(entry)])))}\n`);
      known.set(origin, checkpoint);
    },
  };
}

const asJson = ({ size, root }: WitnessedCheckpoint) => ({ size, root: root.toBase64() });

function readJson(path: string): object {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw unreadable(path);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // the same answer as for another value
  }
  throw unreadable(path);
}

function parseEntry(path: string, value: unknown): WitnessedCheckpoint {
  const { size, root } = (value ?? {}) as { readonly size?: unknown; readonly root?: unknown };
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || typeof root !== 'string')
    throw unreadable(path);
  try {
    const digest = Uint8Array.fromBase64(root, { lastChunkHandling: 'strict' });
    if (digest.length === DIGEST_BYTES) return { size, root: digest };
  } catch {
    // the same answer as for another length
  }
  throw unreadable(path);
}

function write(path: string, text: string): void {
  try {
    replaceFile(path, text, PRIVATE);
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Fault('witness.memory', `witness: \`${path}\` cannot be written (\`${cause}\`); nothing was cosigned`, {
      cause,
    });
  }
}

const unreadable = (path: string): Fault =>
  new Fault(
    'witness.memory',
    `witness: \`${path}\` cannot be read; restore it, or the witness would vouch for what it forgot`,
    {
      path,
    },
  );
