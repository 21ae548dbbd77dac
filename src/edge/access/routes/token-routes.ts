import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { type Token, tokenCredential } from '#assure/access/token';
import { DAY } from '#base/time';
import { requireStepUp } from '../step-up.ts';
import { type RouteDeps, requirePermit, requirePerson, requirePrincipal } from './route-deps.ts';
import { AccountQuery, DONE, IdParams, TokenBody, TokenIssuedAnswer, TokensAnswer } from './schemas.ts';

const tags = ['tokens'];

/** Tokens of programs. */
export function addTokenRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { tokens } = deps;

  app.post<{ Body: Static<typeof TokenBody> }>(
    '/api/v1/tokens',
    {
      schema: {
        summary: 'issue a token of the own account, or of a program; confirmed by `password` and `code`',
        tags,
        body: TokenBody,
        response: { 201: TokenIssuedAnswer },
      },
    },
    async (request, reply) => {
      const { owner = requirePrincipal(deps, request).id, label, scope, days, password, code } = request.body;
      const question = { action: 'issueToken', resource: { type: 'Account', account: owner } } as const;
      const by = await requirePermit(deps, request, question);
      await requireStepUp(deps, by, question, { password, code }, request.ip);
      const lifetime = days === undefined ? {} : { lifetime: days * DAY };
      const { token, text } = await tokens.issue(by, { owner, label, scope, ...lifetime });
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
        response: { 200: TokensAnswer },
      },
    },
    async (request) => {
      const { id } = requirePerson(deps, request);
      const account = request.query.account ?? id;
      if (account !== id)
        await requirePermit(deps, request, { action: 'readAccounts', resource: { type: 'Account', account } });
      return { tokens: tokens.of(account).map(shownToken) };
    },
  );

  app.delete<{ Params: Static<typeof IdParams> }>(
    '/api/v1/tokens/:id',
    { schema: { summary: 'revoke a token at once', tags, params: IdParams, response: DONE } },
    async (request, reply) => {
      const principal = requirePrincipal(deps, request);
      const { id } = request.params;
      const account = tokens.of().find((token) => token.id === id)?.owner ?? 'unknown';
      // A program may give up its own token and no other: a stolen one must not stop everything else of its owner.
      const isOwn =
        principal.kind === 'person' ? account === principal.id : principal.credential === tokenCredential(id);
      const question = { action: 'manageAccounts', resource: { type: 'Account', account } } as const;
      // to give the own one up is for whoever holds it, and takes nothing but what he has
      const by = isOwn ? { ...principal, requireStill: () => {} } : await requirePermit(deps, request, question);
      await tokens.revoke(id, by);
      return reply.code(204).send();
    },
  );
}

/** A token as it is told: without the digest. */
function shownToken({ id, owner, issuer, label, scope, issuedAt, expiresAt }: Token) {
  return { id, owner, issuer, label, scope: [...scope], issuedAt, expiresAt };
}
