import Type from 'typebox';

const Texts = Type.Array(Type.String());

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'A name of the kind of problem: `urn:wardtwin:problem:...`' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String({ description: 'What exactly, and what to do next' })),
    reasons: Type.Optional(Texts),
    determinedBy: Type.Optional(Type.Array(Type.String(), { description: 'Policies or checks that determined it' })),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String({ description: 'RFC 6901' }), detail: Type.String() })),
    ),
    retryAfterSec: Type.Optional(Type.Integer()),
  },
  { description: 'Problem details (RFC 9457)' },
);

export const PROBLEM_TYPE = 'application/problem+json';

/** The answer of every route when it cannot give another one. */
export const PROBLEM_RESPONSE = {
  description: 'A problem',
  content: { [PROBLEM_TYPE]: { schema: ProblemSchema } },
};
