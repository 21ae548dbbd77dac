import { Fault } from '#base/fault';
import { formatCosignatureKey } from '#crypto/cosignature';
import { createLog } from '#edge/serve/log';
import { readSecretFile } from '#edge/serve/serve-config';
import { parseCosignRequest } from '#edge/store/cosign-request';
import { createWitness } from '#edge/store/witness';
import { startWitnessServer } from '#edge/witness/witness-server';
import { openCosigner, openWitnessState, type WitnessState } from '#edge/witness/witness-state';
import { witnessedLogs } from '#edge/witness/witnessed-logs';
import { EXIT } from '../exit.ts';
import { untilStopped } from '../until-stopped.ts';
import { readTextFile } from './history-source.ts';
import { writeOut } from './output.ts';
import type { WitnessOptions } from './witness.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Shows the key of the witness, answers one request, or listens. @throws Fault */
export async function runWitness(options: WitnessOptions): Promise<number> {
  const { state: folder, name, request, listen, out } = options;
  if (request !== undefined && listen !== undefined) {
    throw new Fault('witness.what', 'history witness: either answer one --request, or --listen');
  }
  if (request === undefined && listen === undefined) {
    await writeOut(out, [`${formatCosignatureKey(openCosigner(folder, name).verifier)}\n`]);
    return EXIT.accepted;
  }
  const state = openWitnessState(folder, name);
  try {
    const witness = createWitness({ ...state, logs: logsOf(options), now: Date.now });
    if (listen !== undefined) return await answerAll(witness, listen, state, options);
    return await answerOne(witness, request as string, out);
  } finally {
    state.close();
  }
}

type Witness = ReturnType<typeof createWitness>;

const logsOf = ({ logKey = [] }: WitnessOptions) =>
  witnessedLogs(logKey.map((path) => ({ path, text: readTextFile(path) })));

async function answerOne(witness: Witness, request: string, out: string | undefined): Promise<number> {
  const answer = witness(parseCosignRequest(readTextFile(request)));
  if (answer.kind === 'cosigned') {
    await writeOut(out, [answer.lines]);
    return EXIT.accepted;
  }
  const why =
    answer.kind === 'refused' ? answer.reason : `the last one that it cosigned is over ${answer.size} records`;
  console.error(`not cosigned: ${why}`);
  return EXIT.violated;
}

/** Until it is told to stop. */
async function answerAll(
  witness: Witness,
  { host, port }: ListenAddress,
  { cosigner }: WitnessState,
  options: WitnessOptions,
): Promise<number> {
  if (options.logKey === undefined) {
    throw new Fault('witness.logs', '--log-key: nothing can be witnessed without the keys of a log');
  }
  const tls = tlsOf(options);
  const log = createLog();
  const stopping = untilStopped();
  const server = await startWitnessServer({
    witness,
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
    onAnswer: (status, fault) => {
      const cause = fault instanceof Error ? { cause: fault.message } : {};
      log(status === 500 ? 'error' : 'info', 'answered', { status, ...cause });
    },
  });
  console.log(`witness ${cosigner.verifier.name} listens at ${server.url}`);
  console.log(`its key, for those who ask it and those who verify: ${formatCosignatureKey(cosigner.verifier)}`);
  await stopping;
  await server.close();
  return EXIT.accepted;
}

/** @throws Fault `witness.tls`, `config.secret`, `file.unreadable` */
function tlsOf({ tlsCert, tlsKey }: WitnessOptions): { readonly cert: string; readonly key: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new Fault('witness.tls', 'history witness: --tls-cert and --tls-key go together');
  }
  return { cert: readTextFile(tlsCert), key: readSecretFile(tlsKey) };
}
