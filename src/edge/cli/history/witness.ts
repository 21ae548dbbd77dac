import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import type { ListenAddress } from './run-witness.ts';

export interface WitnessOptions {
  readonly state: string;
  readonly name: string;
  readonly logKey?: readonly string[];
  readonly request?: string;
  readonly out?: string;
  readonly listen?: ListenAddress;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
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
    .option('--listen <host:port>', 'answer over HTTP (C2SP tlog-witness) until it is stopped', listenAddress)
    .option('--tls-cert <file>', 'certificate and its issuers, PEM; needed unless it listens on this machine alone')
    .option('--tls-key <file>', 'its key, PEM; readable by its owner only')
    .action(async (options: WitnessOptions) => {
      const { runWitness } = await import('./run-witness.ts');
      setExit(await runWitness(options));
    });
}

function listenAddress(text: string): ListenAddress {
  const { host, address, port } =
    /^(?:\[(?<address>[^\]]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
  const isRight = Number(port) <= 65_535 && (address === undefined || isIP(address) === 6);
  if (!isRight) throw new InvalidArgumentError('has to be host:port, such as 127.0.0.1:8444 or [::1]:8444');
  return { host: (host ?? address) as string, port: Number(port) };
}
