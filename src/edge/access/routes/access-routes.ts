// what routes say of themselves for the API's description: `summary`, `tags`, `hide`
import type {} from '@fastify/swagger';
import type { FastifyPluginAsync } from 'fastify';
import { refuseForgedRequest } from '../forged-requests.ts';
import { addAccountRoutes } from './account-routes.ts';
import { addGlassRoutes } from './glass-routes.ts';
import { addMeRoutes } from './me-routes.ts';
import { addOidcRoutes } from './oidc-routes.ts';
import type { RouteDeps } from './route-deps.ts';
import { addSessionRoutes } from './session-routes.ts';
import { addSetUpRoutes } from './set-up-routes.ts';
import { addTokenRoutes } from './token-routes.ts';

/**
 * All routes of access, to be registered without a prefix on a server that tells faults as problem details and takes bodies as
 * they are: a member that no schema knows has to be refused there. Whoever misspells `scope` must not get a token without one.
 */
export function accessRoutes(deps: RouteDeps): FastifyPluginAsync {
  return async (app) => {
    await app.register(async (api) => {
      api.addHook('onRequest', async (request) => refuseForgedRequest(request, deps.origin()));
      api.addHook('onSend', async (_, reply) => {
        if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
      });
      addSessionRoutes(api, deps);
      addMeRoutes(api, deps);
      addAccountRoutes(api, deps);
      addTokenRoutes(api, deps);
      addGlassRoutes(api, deps);
    });
    await app.register(async (open) => {
      addSetUpRoutes(open, deps);
      if (deps.oidc !== undefined) addOidcRoutes(open, deps.oidc);
    });
  };
}
