import type { FastifyInstance } from 'fastify';
import { OIDC_CALLBACK, type OidcSignIn } from '../oidc/oidc-sign-in.ts';
import { clearCookie, cookieOf, OIDC_COOKIE, SESSION_COOKIE, setCookie } from '../request-credentials.ts';
import { page, sendPage } from './page.ts';

/** Signing in at an OpenID provider. The address of the callback holds a code: it is not logged. */
export function addOidcRoutes(app: FastifyInstance, oidc: OidcSignIn): void {
  app.get(
    '/api/v1/oidc/start',
    { schema: { summary: 'sign in at the identity provider', tags: ['sessions'], security: [] } },
    async ({ ip }, reply) => {
      const { url, cookie } = await oidc.start(ip);
      // Lax: the provider sends the browser back from another site.
      return reply
        .header('set-cookie', setCookie(OIDC_COOKIE, cookie, 'Lax'))
        .header('cache-control', 'no-store')
        .redirect(url, 303);
    },
  );

  app.get(OIDC_CALLBACK, { logLevel: 'silent', schema: { hide: true } }, async (request, reply) => {
    const secret = await oidc.finish(cookieOf(request.headers, OIDC_COOKIE), request.url, request.ip);
    reply.header('set-cookie', [setCookie(SESSION_COOKIE, secret), clearCookie(OIDC_COOKIE)]);
    // A redirect would still be the other site's navigation, without our strict cookie: a page of ours goes on instead.
    return sendPage(reply, page({ title: 'Signed in', next: '/', body: '<p><a href="/">Go on</a></p>' }));
  });
}
