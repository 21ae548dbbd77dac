import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HttpBench, Name } from './http-bench.ts';

export interface SentEvent {
  readonly event?: string;
  readonly id?: string;
  // what a stream tells, as it came
  readonly data: Readonly<Record<string, unknown>>;
}

export interface SseClient {
  readonly status: number;
  /** The next event; comments are passed over. */
  next(): Promise<SentEvent>;
  /** Resolves when the server ends the stream or breaks it off. */
  readonly ended: Promise<void>;
  /** Stops and goes on reading. */
  readonly response: IncomingMessage;
  close(): void;
}

/** A client of server-sent events that takes them one at a time. */
export async function openEvents(
  bench: HttpBench,
  name: Name,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<SseClient> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const authorization = `Bearer ${bench.token(name)}`;
    const options = { ca: bench.ca, agent: false, headers: { authorization, ...headers } } as const;
    httpsRequest(`${bench.origin}${path}`, options, resolve).on('error', reject).end();
  });
  const events: SentEvent[] = [];
  const waiting: ((event: SentEvent) => void)[] = [];
  const ended = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    started.resolve();
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event === undefined) continue;
      const taker = waiting.shift();
      if (taker === undefined) events.push(event);
      else taker(event);
    }
  });
  response.on('error', () => ended.resolve());
  response.on('close', () => ended.resolve());
  await Promise.race([started.promise, ended.promise]);
  return {
    status: response.statusCode ?? 0,
    response,
    ended: ended.promise,
    next: () => {
      const event = events.shift();
      return event === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(event);
    },
    close: () => void response.destroy(),
  };
}

function parse(block: string): SentEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data = fields.get('data');
  if (data === undefined) return undefined;
  const event = fields.get('event');
  const id = fields.get('id');
  return {
    ...(event === undefined ? {} : { event }),
    ...(id === undefined ? {} : { id }),
    data: JSON.parse(data) as SentEvent['data'],
  };
}
