import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { concat } from '#base/bytes';
import { Fault } from '#base/fault';
import { isLoopback } from '../machine/loopback.ts';
import { TLS_MINIMUM } from '../pki/tls-options.ts';
import type { CosignAnswer, CosignRequest } from '../store/witness.ts';
import { answerRequest, type HttpAnswer } from './answer-request.ts';
import { WITNESS_LIMITS, type WitnessLimits } from './witness-limits.ts';

const PATH = '/add-checkpoint';

export interface WitnessServerDeps {
  readonly witness: (request: CosignRequest) => CosignAnswer;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Certificate chain and key, PEM. Without them HTTP is plain, which only a loopback address may be. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly limits?: Partial<WitnessLimits>;
  /** Told of each answer; `fault` when what would be cosigned could not be kept. */
  readonly onAnswer?: (status: number, fault?: unknown) => void;
}

export interface WitnessServer {
  /** Where logs submit to: `<url>/add-checkpoint`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A witness over HTTP/1.1 (C2SP tlog-witness). Nobody is authenticated: what counts is the log's signature on the checkpoint.
 * @throws Fault `witness.plain`, `witness.listen`
 */
export async function startWitnessServer(deps: WitnessServerDeps): Promise<WitnessServer> {
  const { host, port, tls } = deps;
  if (tls === undefined && !isLoopback(host)) {
    throw new Fault(
      'witness.plain',
      `--listen: \`${host}\` is reached from outside and needs TLS; add --tls-cert and --tls-key, or listen on 127.0.0.1`,
      { host },
    );
  }
  const limits = { ...WITNESS_LIMITS, ...deps.limits };
  const server = createListener(deps, limits);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Fault('witness.listen', `--listen: cannot listen on \`${host}:${port}\`: ${error.message}`)),
    );
    server.listen(port, host, () => resolve());
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createListener(deps: WitnessServerDeps, limits: WitnessLimits): Server {
  const { tls } = deps;
  const options: ServerOptions = {
    maxHeaderSize: limits.headers,
    headersTimeout: limits.headersWithin,
    requestTimeout: limits.requestWithin,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: Math.min(1_000, limits.headersWithin),
    noDelay: true,
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
    serve(deps, limits, request, response);
  const server =
    tls === undefined
      ? createPlainServer(options, onRequest)
      : createTlsServer(
          { ...options, ...tls, minVersion: TLS_MINIMUM, handshakeTimeout: limits.handshakeWithin },
          onRequest,
        );
  server.maxConnections = limits.connections;
  return server;
}

const refusal = (status: number, reason: string): HttpAnswer => ({ status, type: 'text/plain', body: `${reason}\n` });

/** What can be answered without reading on. */
function refusedUnread({ url, method, headers }: IncomingMessage, limit: number): HttpAnswer | undefined {
  if (url !== PATH) return refusal(404, `there is only ${PATH}`);
  if (method !== 'POST') return refusal(405, 'only POST');
  if (Number(headers['content-length'] ?? 0) > limit) return refusal(413, `more than ${limit} bytes`);
  return undefined;
}

function serve(
  deps: WitnessServerDeps,
  limits: WitnessLimits,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const answer = (made: HttpAnswer, fault?: unknown): void => {
    if (response.headersSent) return;
    // who was not read to the end is not read on: the connection ends with the answer
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(made.status, {
      'content-type': made.type,
      'content-length': Buffer.byteLength(made.body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(made.status === 405 ? { allow: 'POST' } : {}),
    });
    response.end(made.body);
    deps.onAnswer?.(made.status, fault);
  };

  const unread = refusedUnread(request, limits.body);
  if (unread !== undefined) {
    answer(unread);
    return;
  }
  request.on('error', () => {});
  request.on('data', (chunk: Uint8Array) => {
    length += chunk.length;
    if (length <= limits.body) chunks.push(chunk);
    else answer(refusal(413, `more than ${limits.body} bytes`));
  });
  request.on('end', () => {
    try {
      if (length <= limits.body) answer(answerRequest(deps.witness, concat(...chunks)));
    } catch (error) {
      // what went wrong is the operator's to know
      answer(refusal(500, 'the witness cannot keep what it would cosign; try again later'), error);
    }
  });
}
