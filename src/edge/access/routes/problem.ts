import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Fault } from '#base/fault';
import { ACCESS_FAULTS, isAccessFaultCode } from '../access-fault.ts';

/** Problem details (RFC 9457). `type` is the code of the fault, as a URN that nobody has to resolve. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  /** Of a refused action: the policies that determined it. */
  readonly determinedBy?: readonly string[];
}

export const ProblemSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.Optional(Type.String()),
  determinedBy: Type.Optional(Type.Array(Type.String())),
});

/** What a failure is told as. What we did not foresee is told without its words: they may hold what nobody should read. */
export function problemOf(failure: FastifyError | Fault): Problem {
  const { code, message } = failure;
  if (failure instanceof Fault && isAccessFaultCode(code)) {
    const { determinedBy } = failure.data;
    const policies = Array.isArray(determinedBy) ? { determinedBy: determinedBy.map(String) } : {};
    return { type: urn(code), ...ACCESS_FAULTS[code], detail: message, ...policies };
  }
  if (failure instanceof Fault && /^(store|live)\./.test(code))
    return { type: urn(code), title: 'history cannot be written; nothing was done', status: 503 };
  const status = failure instanceof Fault ? 500 : (failure.statusCode ?? 500);
  if (status >= 400 && status < 500)
    return { type: urn('access.malformed'), title: ACCESS_FAULTS['access.malformed'].title, status, detail: message };
  return { type: urn('internal'), title: 'something failed here', status: 500 };
}

const urn = (code: string): string => `urn:wardtwin:problem:${code}`;

export async function sendProblem(
  failure: FastifyError | Fault,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const problem = problemOf(failure);
  if (problem.status === 500) request.log.error({ code: failure.code, err: failure }, 'request failed');
  const retryAfter = failure instanceof Fault ? failure.data['retryAfter'] : undefined;
  if (typeof retryAfter === 'number') reply.header('retry-after', retryAfter);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="wardtwin"');
  await reply
    .code(problem.status)
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(problem);
}
