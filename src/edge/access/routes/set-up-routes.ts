import type { FastifyInstance, FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import { Fault } from '#base/fault';
import { ACCESS_FAULTS, isAccessFaultCode } from '../access-fault.ts';
import { refuseForeignOrigin } from '../forged-requests.ts';
import { sendPage } from './page.ts';
import type { RouteDeps } from './route-deps.ts';
import { SetUpAnswer, SetUpBody } from './schemas.ts';
import { credentialsPage, deadLinkPage, setUpForm } from './set-up-page.ts';

export const setUpLink = (origin: string, token: string): string => `${origin}/setup?token=${token}`;

const FORM = 'application/x-www-form-urlencoded';
const FORM_BYTES_LIMIT = 8_192;
const TokenQuery = Type.Object({ token: Type.Optional(Type.String({ maxLength: 128 })) });

/**
 * Where single-use links lead: a page for people, the same as JSON for programs. The link is the only right to it, so its address is
 * kept out of logs, caches and the `Referer` of other pages.
 */
export function addSetUpRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { links, origin } = deps;
  app.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: FORM_BYTES_LIMIT }, (_, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body.toString())));
  });

  app.get<{ Querystring: Static<typeof TokenQuery> }>(
    '/setup',
    { logLevel: 'silent', schema: { hide: true, querystring: TokenQuery } },
    async ({ query: { token = '' } }, reply) => {
      const purpose = links.purposeOf(token);
      return purpose === undefined ? sendPage(reply, deadLinkPage(), 403) : sendPage(reply, setUpForm(token, purpose));
    },
  );

  app.post<{ Body: Static<typeof SetUpBody> }>(
    '/setup',
    { logLevel: 'silent', schema: { hide: true, body: SetUpBody } },
    async (request, reply) => {
      refuseForeignOrigin(request, origin());
      try {
        return sendPage(reply, credentialsPage(await links.redeem(request.body)));
      } catch (failure) {
        return sendFormFault(deps, reply, request.body.token, failure);
      }
    },
  );

  app.post<{ Body: Static<typeof SetUpBody> }>(
    '/api/v1/setup',
    {
      logLevel: 'silent',
      schema: {
        summary: 'use a single-use link: set a password, and be given second factor and recovery codes',
        security: [],
        tags: ['set-up'],
        body: SetUpBody,
        response: { 201: SetUpAnswer },
      },
    },
    async (request, reply) => {
      refuseForeignOrigin(request, origin());
      const credentials = await links.redeem(request.body);
      return reply.code(201).header('cache-control', 'no-store').send(credentials);
    },
  );
}

/** The form once more, with what was wrong about it; nothing that was typed is sent back. */
function sendFormFault({ links }: RouteDeps, reply: FastifyReply, token: string, failure: unknown): FastifyReply {
  if (!(failure instanceof Fault) || !isAccessFaultCode(failure.code)) throw failure;
  const purpose = links.purposeOf(token);
  const { status } = ACCESS_FAULTS[failure.code];
  if (purpose === undefined) return sendPage(reply, deadLinkPage(), status);
  return sendPage(reply, setUpForm(token, purpose, failure.message), status);
}
