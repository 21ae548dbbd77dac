import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '#base/fault';

export type RefusalStatus = 400 | 401 | 403 | 413 | 415 | 429 | 503;

const CHALLENGE = 'Basic realm="wardtwin enrolment", charset="UTF-8"';

/** An answer other than success. Its message is for the person who looks at it (RFC 7030, 4.2.3). */
export class PlainRefusal extends Error {
  override readonly name = 'PlainRefusal';
  readonly status: RefusalStatus;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: RefusalStatus, message: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Seconds after which a peer should come back when something of ours is out of order. */
const OUTAGE_RETRY_SECONDS = 5;

/** Error handler of the routes that answer people in plain text. What went wrong on our side is logged, not told. */
export function sendPlainRefusal(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, message, retryAfterSeconds } = refusalOf(error, request);
  if (status === 401) void reply.header('www-authenticate', CHALLENGE);
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
  void reply.code(status).type('text/plain; charset=utf-8').send(`${message}\n`);
}

function refusalOf(error: FastifyError | Error, request: FastifyRequest): PlainRefusal {
  if (error instanceof PlainRefusal) return error;
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return new PlainRefusal(413, 'the body is too large for a certificate request');
  if (status === 415)
    return new PlainRefusal(415, 'unknown content type; send what the documentation of this path says');
  if (status !== undefined && status >= 400 && status < 500) return new PlainRefusal(400, 'the request is malformed');
  const code = error instanceof Fault ? error.code : 'unexpected';
  request.log.error({ code, err: error instanceof Fault ? undefined : error }, 'a request could not be served');
  return new PlainRefusal(503, 'the platform cannot do this now; try again later', OUTAGE_RETRY_SECONDS);
}
