import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from '../problem.ts';
import { noteError, withProblemHeaders } from '../send-problem.ts';
import { FHIR_TYPE } from './fhir-base.ts';

/** The issue type (FHIR R4, issue-type) of a status. */
const ISSUE: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'login',
  403: 'forbidden',
  404: 'not-found',
  410: 'deleted',
  429: 'throttled',
  503: 'transient',
};

/** The error handler of the FHIR facade: the same problems, in the words of FHIR. */
export function sendOutcome(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500) noteError(error, request);
  const outcome = {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: ISSUE[problem.status] ?? 'exception',
        details: { text: problem.title },
        ...(problem.detail === undefined ? {} : { diagnostics: problem.detail }),
      },
    ],
  };
  return withProblemHeaders(reply, problem).type(FHIR_TYPE).serializer(JSON.stringify).send(outcome);
}
