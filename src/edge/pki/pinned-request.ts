import { type RequestOptions, request } from 'node:https';
import { concat, fromUtf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import type { Pem } from './pem.ts';
import { TLS_MINIMUM } from './tls-options.ts';

/** Greatest answer of the platform to a device, in bytes. */
const ANSWER_LIMIT = 65_536;
/** A platform that is busy with a whole ward still answers well within it. */
const TIMEOUT_MS = 30_000;
/** Of a refusal's text, what is told on. */
const REFUSAL_LIMIT = 300;

export interface PinnedRequest {
  readonly url: URL;
  /** The only root that is believed. */
  readonly ca: Pem;
  /** The certificate that the device shows, where it has one. */
  readonly client?: { readonly key: Pem; readonly chain: Pem };
  readonly authorization?: string;
  /** Absent: GET. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
}

/**
 * One request over TLS 1.3 to a platform whose root is pinned.
 * @throws Fault `enrolment.insecure` (not https), `enrolment.unreachable` (also: another root), `enrolment.refused` (data: `status`),
 * `enrolment.answer-too-large`
 */
export async function requestPinned({ url, ca, client, authorization, body }: PinnedRequest): Promise<Uint8Array> {
  if (url.protocol !== 'https:') {
    throw new Fault('enrolment.insecure', `enrolment: \`${url.href}\` is not https; state the platform as https://...`);
  }
  const options: RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
    ca,
    minVersion: TLS_MINIMUM,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(client === undefined ? {} : { key: client.key, cert: client.chain }),
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': body.type, 'content-length': body.bytes.length }),
    },
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (response) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      response.on('data', (chunk: Uint8Array) => {
        length += chunk.length;
        if (length > ANSWER_LIMIT) outgoing.destroy(tooLarge(url));
        else chunks.push(chunk);
      });
      response.on('error', (error) => reject(unreachable(url, error)));
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        if (status === 200) resolve(concat(...chunks));
        else reject(refused(url, status, concat(...chunks)));
      });
    });
    outgoing.on('error', (error) => reject(error instanceof Fault ? error : unreachable(url, error)));
    outgoing.end(body?.bytes);
  });
}

const tooLarge = ({ href }: URL): Fault =>
  new Fault('enrolment.answer-too-large', `enrolment: \`${href}\` answers with more than ${ANSWER_LIMIT} bytes`);

const unreachable = ({ href }: URL, error: NodeJS.ErrnoException): Fault =>
  new Fault(
    'enrolment.unreachable',
    `enrolment: \`${href}\` cannot be reached safely: ${error.code ?? error.message}; check address, network and ca.pem`,
    { cause: error.code },
  );

function refused({ href }: URL, status: number, body: Uint8Array): Fault {
  return new Fault('enrolment.refused', `enrolment: \`${href}\` answers ${status}: ${printable(body)}`, { status });
}

/** What the platform says is shown to people: nothing in it may steer a terminal. */
function printable(body: Uint8Array): string {
  try {
    return fromUtf8(body)
      .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
      .trim()
      .slice(0, REFUSAL_LIMIT);
  } catch {
    return `${body.length} bytes`;
  }
}
