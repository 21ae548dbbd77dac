import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { accountSubject } from '#assure/access/access-record';
import { sessionCredential } from '#assure/access/held-right';
import { accessFault } from '../access-fault.ts';
import { clearCookie, SESSION_COOKIE, setCookie } from '../request-credentials.ts';
import type { Session } from '../sessions.ts';
import { type RouteDeps, requirePermit, requirePerson } from './route-deps.ts';
import { AccountQuery, DONE, IdParams, SessionsAnswer, SignInAnswer, SignInBody } from './schemas.ts';

const tags = ['sessions'];

/** Signing in and out, and the sessions there are. */
export function addSessionRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { signIn, sessions } = deps;

  app.post<{ Body: Static<typeof SignInBody> }>(
    '/api/v1/sessions',
    {
      schema: {
        summary: 'sign in with name, password and second factor; the session is a cookie',
        security: [],
        tags,
        body: SignInBody,
        response: { 201: SignInAnswer },
      },
    },
    async (request, reply) => {
      const { session, secret, recoveryCodesLeft } = await signIn.withPassword({
        ...request.body,
        address: request.ip,
      });
      reply.header('set-cookie', setCookie(SESSION_COOKIE, secret));
      return reply.code(201).send({ session: shown(session, sessionCredential(session.id)), recoveryCodesLeft });
    },
  );

  app.get<{ Querystring: Static<typeof AccountQuery> }>(
    '/api/v1/sessions',
    {
      schema: {
        summary: 'the own sessions, or those of an account',
        tags,
        querystring: AccountQuery,
        response: { 200: SessionsAnswer },
      },
    },
    async (request) => {
      const principal = requirePerson(deps, request);
      const account = request.query.account ?? principal.id;
      if (account !== principal.id)
        await requirePermit(deps, request, { action: 'readAccounts', resource: { type: 'Account', account } });
      return { sessions: sessions.of(account).map((session) => shown(session, principal.credential)) };
    },
  );

  app.delete(
    '/api/v1/sessions/current',
    { schema: { summary: 'sign out', tags, response: DONE } },
    async (request, reply) => {
      const principal = requirePerson(deps, request);
      await endSession(deps, sessions.findBy(principal.credential), principal.id, false);
      return reply.header('set-cookie', clearCookie(SESSION_COOKIE)).code(204).send();
    },
  );

  app.delete<{ Params: Static<typeof IdParams> }>(
    '/api/v1/sessions/:id',
    {
      schema: {
        summary: 'end a session at once, and what was asked for in it',
        tags,
        params: IdParams,
        response: DONE,
      },
    },
    async (request, reply) => {
      const principal = requirePerson(deps, request);
      const session = sessions.find(request.params.id);
      const account = session?.account ?? 'unknown';
      // Whoever may not end it does not learn whether there is one.
      if (account !== principal.id)
        await requirePermit(deps, request, { action: 'manageAccounts', resource: { type: 'Account', account } });
      await endSession(deps, session, principal.id, true);
      return reply.code(204).send();
    },
  );
}

async function endSession(
  { log, sessions }: RouteDeps,
  session: Session | undefined,
  by: string,
  revoked: boolean,
): Promise<void> {
  if (session === undefined) throw accessFault('access.unknown', 'session: there is none of that id');
  const { id, account } = session;
  // Ended first: if it cannot be recorded, the safe side is that it has ended.
  sessions.end(id);
  const body = { account, session: id, by, revoked };
  await log.change(() => ({
    entries: [{ kind: 'SessionEnded', subject: accountSubject(account), body }],
    answer: undefined,
  }));
}

/** A session as it is told: nothing in it opens anything. */
function shown({ id, account, method, address, openedAt, seenAt }: Session, credential: string) {
  return { id, account, method, address, openedAt, seenAt, current: sessionCredential(id) === credential };
}
