import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { Token } from '#assure/access/token';
import { DAY } from '#base/time';
import { ProblemSchema } from './problem.ts';
import { type RouteDeps, requirePermit, requirePrincipal } from './route-deps.ts';
import { AccountQuery, IdParams, TokenBody, TokenIssuedAnswer, TokensAnswer } from './schemas.ts';

const tags = ['tokens'];

/** Tokens of programs. */
export function addTokenRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { tokens } = deps;

  app.post<{ Body: Static<typeof TokenBody> }>(
    '/api/v1/tokens',
    {
      schema: {
        summary: 'issue a token of the own account, or of a program',
        tags,
        body: TokenBody,
        response: { 201: TokenIssuedAnswer, '4xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      const { owner = requirePrincipal(deps, request).id, label, scope, days } = request.body;
      const question = { action: 'issueToken', resource: { type: 'Account', account: owner } } as const;
      const { id: issuer } = await requirePermit(deps, request, question);
      const lifetime = days === undefined ? {} : { lifetime: days * DAY };
      const { token, text } = await tokens.issue(issuer, { owner, label, scope, ...lifetime });
      return reply.code(201).send({ token: shownToken(token), text });
    },
  );

  app.get<{ Querystring: Static<typeof AccountQuery> }>(
    '/api/v1/tokens',
    {
      schema: {
        summary: 'tokens of the own account, or of another',
        tags,
        querystring: AccountQuery,
        response: { 200: TokensAnswer, '4xx': ProblemSchema },
      },
    },
    async (request) => {
      const { id } = requirePrincipal(deps, request);
      const account = request.query.account ?? id;
      if (account !== id)
        await requirePermit(deps, request, { action: 'readAccounts', resource: { type: 'Account', account } });
      return { tokens: tokens.of(account).map(shownToken) };
    },
  );

  app.delete<{ Params: Static<typeof IdParams> }>(
    '/api/v1/tokens/:id',
    { schema: { summary: 'revoke a token at once', tags, params: IdParams, response: { '4xx': ProblemSchema } } },
    async (request, reply) => {
      const principal = requirePrincipal(deps, request);
      const { id } = request.params;
      const account = tokens.of().find((token) => token.id === id)?.owner ?? 'unknown';
      // A program may revoke its own account's tokens: that one was stolen is learnt by programs first.
      if (account !== principal.id)
        await requirePermit(deps, request, { action: 'manageAccounts', resource: { type: 'Account', account } });
      await tokens.revoke(id, principal.id);
      return reply.code(204).send();
    },
  );
}

/** A token as it is told: without the digest. */
function shownToken({ id, owner, issuer, label, scope, issuedAt, expiresAt }: Token) {
  return { id, owner, issuer, label, scope: [...scope], issuedAt, expiresAt };
}
