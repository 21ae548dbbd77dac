import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { clearCookie, SESSION_COOKIE } from '../request-credentials.ts';
import { shownAccount } from './account-routes.ts';
import { type RouteDeps, requirePerson, requirePrincipal } from './route-deps.ts';
import { ConfirmBody, DONE, MeAnswer, PasswordBody, RecoveryCodesAnswer } from './schemas.ts';

const tags = ['me'];

/** What somebody sees and changes of the own account. */
export function addMeRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { accounts, signIn, log } = deps;

  app.get(
    '/api/v1/me',
    { schema: { summary: 'who makes this request', tags, response: { 200: MeAnswer } } },
    async (request) => {
      const principal = requirePrincipal(deps, request);
      const account = log.state.accounts[principal.id];
      return { ...principal, ...(account === undefined ? {} : { account: shownAccount(account) }) };
    },
  );

  app.put<{ Body: Static<typeof PasswordBody> }>(
    '/api/v1/me/password',
    {
      schema: {
        summary: 'change the own password: every session and token of the account ends',
        tags,
        body: PasswordBody,
        response: DONE,
      },
    },
    async (request, reply) => {
      const principal = requirePerson(deps, request);
      const { current: password, code } = request.body;
      const account = await signIn.confirm(principal, { password, code }, request.ip);
      await accounts.changePassword(account, request.body.next);
      return reply.header('set-cookie', clearCookie(SESSION_COOKIE)).code(204).send();
    },
  );

  app.post<{ Body: Static<typeof ConfirmBody> }>(
    '/api/v1/me/recovery-codes',
    {
      schema: {
        summary: 'new recovery codes; those before are void, and every session and token of the account ends',
        tags,
        body: ConfirmBody,
        response: { 201: RecoveryCodesAnswer },
      },
    },
    async (request, reply) => {
      const account = await signIn.confirm(requirePerson(deps, request), request.body, request.ip);
      const recoveryCodes = await accounts.renewRecoveryCodes(account);
      return reply.header('set-cookie', clearCookie(SESSION_COOKIE)).code(201).send({ recoveryCodes });
    },
  );
}
