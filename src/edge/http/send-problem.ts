import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { causeOf, framesOf } from '#base/cause-of';
import { Fault } from '#base/fault';
import { problemOf } from './problem.ts';
import { PROBLEM_TYPE } from './problem-schema.ts';

/** The error handler of all routes that have none of their own. */
export function sendProblem(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500) noteError(error, request);
  return withProblemHeaders(reply, problem).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}

/** Status and the headers that belong to it, whatever form the body has. */
export function withProblemHeaders(
  reply: FastifyReply,
  { status, retryAfterSec }: { readonly status: number; readonly retryAfterSec?: number },
): FastifyReply {
  if (retryAfterSec !== undefined) void reply.header('retry-after', String(retryAfterSec));
  if (status === 401) void reply.header('www-authenticate', 'Bearer realm="wardtwin"');
  return reply.code(status);
}

/** The route, not the address that was asked for: it holds a pseudonym. Where it failed, not the words: they may quote a twin. */
export function noteError(error: Error, request: FastifyRequest): void {
  const code = error instanceof Fault ? error.code : error.name;
  request.log.error(
    { code, route: request.routeOptions.url, method: request.method, cause: causeOf(error), stack: framesOf(error) },
    'request failed',
  );
}

export const notFound = (what: string): Fault => new Fault('http.not-found', `${what}: there is none, or none for you`);
