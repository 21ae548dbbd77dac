import { join } from 'node:path';
import { Fault } from '#base/fault';
import { type Cosigner, createCosigner } from '#crypto/cosignature';
import { randomSecret } from '#crypto/secret';
import { SEED_BYTES, signingKeyFromSeed } from '#crypto/sign';
import { openPrivateFolder } from '../keys/private-folder.ts';
import { takeWriterLock } from '../store/sqlite/writer-lock.ts';
import type { WitnessMemory } from '../store/witness.ts';
import { openWitnessFile } from '../store/witness-file.ts';

const SEED_FILE = 'witness.seed';
const MEMORY_FILE = 'witnessed.json';

/** What a witness must not lose: its key, and what it cosigned last. */
export interface WitnessState {
  readonly cosigner: Cosigner;
  readonly memory: WitnessMemory;
  close(): void;
}

/** The key of the witness, made at the first call. @throws Fault `keys.*` */
export function openCosigner(folder: string, name: string): Cosigner {
  const files = openPrivateFolder(folder, { create: true, what: 'witness' });
  let seed = files.read(SEED_FILE, SEED_BYTES);
  if (seed === undefined) {
    seed = randomSecret(SEED_BYTES);
    files.write(SEED_FILE, seed);
  }
  return createCosigner(name, signingKeyFromSeed('Ed25519', seed));
}

/**
 * Opens the folder of a witness for cosigning. INVARIANT: one process at a time does, because each holds what it cosigned last
 * in memory: two of them would cosign two histories.
 * @throws Fault `witness.in-use`, `witness.memory`, `keys.*`
 */
export function openWitnessState(folder: string, name: string): WitnessState {
  const cosigner = openCosigner(folder, name);
  const path = join(folder, MEMORY_FILE);
  const lock = takeLock(folder, path);
  try {
    return { cosigner, memory: openWitnessFile(path), close: lock.release };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function takeLock(folder: string, path: string): ReturnType<typeof takeWriterLock> {
  try {
    return takeWriterLock(path);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'store.in-use') throw error;
    throw new Fault('witness.in-use', `witness: \`${folder}\` is in use by another process; ask that one, or stop it`, {
      folder,
    });
  }
}
