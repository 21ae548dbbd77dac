import { Agent, request } from 'node:https';
import { Fault } from '#base/fault';
import { printable } from './printable.ts';

/** Reads the platform's public API as any program does. Texts come as a terminal can show them. */
export interface PlatformReader {
  /** @throws Fault `watch.unreachable`, `watch.refused` (data: `status`) */
  get<T>(path: string): Promise<T>;
  close(): void;
}

export interface PlatformReaderOptions {
  /** `https://host:port`. */
  readonly origin: string;
  /** The only root that is believed. */
  readonly ca: string;
  readonly token: string;
}

const printed = (_name: string, value: unknown): unknown => (typeof value === 'string' ? printable(value) : value);

const ANSWER_LIMIT = 4_194_304;
const TIMEOUT_MS = 20_000;

/** @throws Fault `watch.insecure` for another scheme than https */
export function createPlatformReader({ origin, ca, token }: PlatformReaderOptions): PlatformReader {
  if (!URL.canParse(origin) || new URL(origin).protocol !== 'https:') {
    throw new Fault('watch.insecure', `--origin: \`${origin}\` is not https://host:port`);
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 2, ca, minVersion: 'TLSv1.3' });
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };

  const read = (path: string): Promise<{ readonly status: number; readonly text: string }> =>
    new Promise((resolve, reject) => {
      const asked = request(
        new URL(path, origin),
        { agent, headers, signal: AbortSignal.timeout(TIMEOUT_MS) },
        (answer) => {
          const chunks: Buffer[] = [];
          let length = 0;
          answer.on('data', (chunk: Buffer) => {
            length += chunk.length;
            if (length > ANSWER_LIMIT) asked.destroy(new Error('the answer is too large'));
            else chunks.push(chunk);
          });
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
          );
        },
      );
      asked.on('error', reject);
      asked.end();
    });

  return {
    get: async <T>(path: string): Promise<T> => {
      const { status, text } = await read(path).catch((cause: Error) => {
        throw new Fault('watch.unreachable', `watch: \`${origin}\` does not answer; ${cause.message}`);
      });
      if (status === 200) return JSON.parse(text, printed) as T;
      const advice = status === 401 ? '; the token is wrong or expired' : '';
      throw new Fault('watch.refused', `watch: \`${path}\` was refused with ${status}${advice}`, { status });
    },
    close: () => agent.destroy(),
  };
}
