import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { concat, fromUtf8, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { TLS_MINIMUM } from '../pki/tls-options.ts';
import { formatCosignRequest } from '../store/cosign-request.ts';
import type { CosignRequest } from '../store/witness.ts';
import type { RemoteWitness } from './remote-witness.ts';

/** Greatest answer of a witness, in bytes. */
const ANSWER_LIMIT = 16_384;
/** Of a refusal's text, what is told on. */
const REASON_LIMIT = 200;

/** What a witness said. Nothing of it is verified yet. */
export type WitnessReply =
  | { readonly kind: 'cosigned'; readonly lines: string }
  | { readonly kind: 'conflict'; readonly size: number }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string };

/**
 * Submits a checkpoint (C2SP tlog-witness `add-checkpoint`). A redirection is not followed: it is a refusal.
 * @throws Fault `witness.unreachable`; `witness.answer` for an answer that is too long or is none of the protocol's
 */
export async function postCheckpoint(
  { url, ca }: RemoteWitness,
  request: CosignRequest,
  signal: AbortSignal,
): Promise<WitnessReply> {
  const body = utf8(formatCosignRequest(request));
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length };
  const options = { method: 'POST', agent: false, headers, signal } as const;
  const sent =
    url.protocol === 'https:'
      ? requestTls(url, { ...options, minVersion: TLS_MINIMUM, ...(ca === undefined ? {} : { ca }) })
      : requestPlain(url, options);
  return replyOf(await exchange(sent, body, url));
}

interface Received {
  readonly status: number;
  readonly text: string;
}

function exchange(sent: ClientRequest, body: Uint8Array, url: URL): Promise<Received> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error instanceof Fault ? error : unreachable(url, error));
    sent.on('error', fail);
    sent.on('response', (response: IncomingMessage) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      response.on('data', (chunk: Uint8Array) => {
        length += chunk.length;
        if (length > ANSWER_LIMIT) sent.destroy(notOfProtocol(`more than ${ANSWER_LIMIT} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode ?? 0, text: fromUtf8(concat(...chunks)) });
        } catch {
          reject(notOfProtocol('no UTF-8'));
        }
      });
    });
    sent.end(body);
  });
}

function replyOf({ status, text }: Received): WitnessReply {
  if (status === 200) return { kind: 'cosigned', lines: text };
  if (status !== 409) return { kind: 'refused', status, reason: printable(text) };
  const size = /^(0|[1-9][0-9]*)\n$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw notOfProtocol('a conflict without a size');
  return { kind: 'conflict', size };
}

/** What a stranger says goes to the log: nothing in it may steer a terminal. */
const printable = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, REASON_LIMIT);

const notOfProtocol = (what: string): Fault =>
  new Fault('witness.answer', `witness: the answer is none of tlog-witness: ${what}`);

function unreachable({ origin }: URL, error: NodeJS.ErrnoException): Fault {
  const cause = error.code ?? error.message;
  return new Fault('witness.unreachable', `witness: \`${origin}\` does not answer (\`${cause}\`)`, { cause });
}
