import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';

/** What the reader is told, in a file. */
export interface ReadPlan {
  readonly port: number;
  readonly ca: string;
  readonly token: string;
  readonly paths: readonly string[];
  readonly connections: number;
  /** Requests under way on each connection. */
  readonly depth: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly result: string;
}

export interface ReadResult {
  readonly perSecond: number;
  readonly refused: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** Asks over HTTP/1.1 with several requests under way per connection, and reads as little of the answers as counting needs. */
async function read(plan: ReadPlan): Promise<ReadResult> {
  const requests = plan.paths.map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${plan.token}\r\n\r\n`),
  );
  const from = performance.now() + plan.warmUpSeconds * 1_000;
  const until = from + plan.seconds * 1_000;
  const latencies: number[] = [];
  let refused = 0;
  let turn = 0;

  const ask = (socket: TLSSocket, asked: number[]): void => {
    turn += 1;
    asked.push(performance.now());
    socket.write(requests[turn % requests.length]!);
  };
  const open = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({
        port: plan.port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: plan.ca,
        minVersion: 'TLSv1.3',
      });
      const asked: number[] = [];
      let pending: Buffer = Buffer.alloc(0);
      socket.on('secureConnect', () => {
        for (let count = 0; count < plan.depth; count += 1) ask(socket, asked);
      });
      socket.on('data', (chunk: Buffer) => {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
        for (let length = lengthOf(pending); length !== undefined; length = lengthOf(pending)) {
          if (pending.toString('latin1', 9, 12) !== '200') refused += 1;
          pending = pending.subarray(length);
          const now = performance.now();
          const took = now - (asked.shift() ?? now);
          if (now >= from && now <= until) latencies.push(took);
          if (now < until) ask(socket, asked);
          else socket.destroy();
        }
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
    });
  await Promise.all(Array.from({ length: plan.connections }, open));
  latencies.sort((left, right) => left - right);
  const at = (share: number): number => latencies[Math.floor(share * latencies.length)] ?? 0;
  return { perSecond: latencies.length / plan.seconds, refused, latency: { p50: at(0.5), p99: at(0.99) } };
}

/** Bytes of the first answer in `pending`, if all of it is there. */
function lengthOf(pending: Buffer): number | undefined {
  const end = pending.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(pending.toString('latin1', 0, end))?.[1];
  if (length === undefined) throw new Error(pending.toString('latin1', 0, end));
  const whole = end + HEAD_END.length + Number(length);
  return pending.length < whole ? undefined : whole;
}

if (import.meta.main) {
  // not to outlive whoever measures
  process.on('disconnect', () => process.exit(1));
  const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ReadPlan;
  writeFileSync(plan.result, JSON.stringify(await read(plan)));
  process.exit(0);
}
