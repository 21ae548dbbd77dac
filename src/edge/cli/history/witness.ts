import { join } from 'node:path';
import type { Command } from 'commander';
import { Fault } from '#base/fault';
import { type Cosigner, createCosigner, formatCosignatureKey } from '#crypto/cosignature';
import { randomSecret } from '#crypto/secret';
import { SEED_BYTES, signingKeyFromSeed } from '#crypto/sign';
import type { NoteVerifier } from '#crypto/signed-note';
import { openPrivateFolder } from '#edge/keys/private-folder';
import { parseCosignRequest } from '#edge/store/cosign-request';
import { parseTrustedKeys } from '#edge/store/trusted-keys';
import { createWitness } from '#edge/store/witness';
import { openWitnessFile } from '#edge/store/witness-file';
import { EXIT } from '../exit.ts';
import { readTextFile } from './history-source.ts';
import { writeOut } from './output.ts';

const SEED_FILE = 'witness.seed';

interface WitnessOptions {
  readonly state: string;
  readonly name: string;
  readonly logKey?: readonly string[];
  readonly request?: string;
  readonly out?: string;
}

export function addWitnessCommand(history: Command, setExit: (code: number) => void): void {
  history
    .command('witness')
    .description('answer as a witness, who cosigns only what begins with all that it cosigned before')
    .requiredOption('--state <dir>', 'folder of the witness: its key, and what it cosigned last')
    .requiredOption('--name <name>', 'name of the witness, for example witness.example/w1')
    .option('--log-key <file...>', 'verifier keys of the logs to witness, one file per log')
    .option('--request <file>', 'what `history prove --from` wrote; without it the key of the witness is shown')
    .option('--out <file>', 'where the cosignature goes')
    .action(async ({ state, name, logKey = [], request, out }: WitnessOptions) => {
      const cosigner = openCosigner(state, name);
      if (request === undefined) {
        await writeOut(out, [`${formatCosignatureKey(cosigner.verifier)}\n`]);
        return;
      }
      const memory = openWitnessFile(join(state, 'witnessed.json'));
      const witness = createWitness({ logs: logsOf(logKey), cosigner, memory, now: Date.now });
      const answer = witness(parseCosignRequest(readTextFile(request)));
      if (answer.kind === 'cosigned') {
        await writeOut(out, [answer.lines]);
        return;
      }
      const why =
        answer.kind === 'refused' ? answer.reason : `the last one that it cosigned is over ${answer.size} records`;
      console.error(`not cosigned: ${why}`);
      setExit(EXIT.violated);
    });
}

/** The key of the witness, made at the first call. */
export function openCosigner(state: string, name: string): Cosigner {
  const folder = openPrivateFolder(state, true);
  let seed = folder.read(SEED_FILE, SEED_BYTES);
  if (seed === undefined) {
    seed = randomSecret(SEED_BYTES);
    folder.write(SEED_FILE, seed);
  }
  return createCosigner(name, signingKeyFromSeed('Ed25519', seed));
}

/** Logs by origin, which is the name of their keys. @throws Fault `witness.logs` */
export function logsOf(files: readonly string[]): ReadonlyMap<string, readonly NoteVerifier[]> {
  const logs = new Map<string, readonly NoteVerifier[]>();
  for (const file of files) {
    const { verifiers } = parseTrustedKeys(readTextFile(file));
    const names = new Set(verifiers.map(({ name }) => name));
    const [origin] = names;
    if (origin === undefined || names.size > 1 || logs.has(origin)) {
      throw new Fault('witness.logs', `--log-key: \`${file}\` has to hold the keys of one log, under its one name`, {
        file,
      });
    }
    logs.set(origin, verifiers);
  }
  return logs;
}
