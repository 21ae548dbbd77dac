import { Fault } from '#base/fault';
import { createTokenBuckets } from '#base/token-buckets';
import { createForkPool } from '#edge/fork/fork-pool';
import { callerIn, callerOf } from './caller.ts';
import { addCommandRoutes } from './commands/command-routes.ts';
import { addKillSwitchRoutes } from './commands/kill-switch-routes.ts';
import type { HttpServerDeps } from './create-http-server.ts';
import { FHIR_PREFIX } from './fhir/fhir-base.ts';
import { addFhirRoutes } from './fhir/fhir-routes.ts';
import { addForkRoutes } from './forks/fork-routes.ts';
import { createGate } from './gate.ts';
import { createHeavyReads } from './heavy-reads.ts';
import { addProofRoutes } from './history/proof-routes.ts';
import { addRecordRoutes } from './history/record-routes.ts';
import { type HttpLimits, MOST_COUNTED } from './http-limits.ts';
import { addIncidentRoutes } from './incidents/incident-routes.ts';
import { createPrincipalLimit, REAL_TIME } from './rate-limits.ts';
import { createRevisions } from './revisions.ts';
import type { RouteContext } from './route-context.ts';
import { createFeeds, type Feeds } from './streams/feeds.ts';
import { addStreamRoutes } from './streams/stream-routes.ts';
import { addWebSocketRoutes } from './streams/websocket-routes.ts';
import { addSubjectRoutes } from './things/subject-routes.ts';
import { addThingRoutes } from './things/thing-routes.ts';
import { addCommissionRoutes } from './twins/commission-routes.ts';
import { addCoverageRoutes } from './twins/coverage-routes.ts';
import { addForecastRoutes } from './twins/forecast-routes.ts';
import { addSeriesRoutes } from './twins/series-routes.ts';
import { addTwinRoutes } from './twins/twin-routes.ts';
import type { Api } from './type-provider.ts';
import { addActionRoutes } from './wot/action-routes.ts';
import { addDirectoryRoutes, addWellKnown, type OriginOf } from './wot/directory-routes.ts';
import { addEventRoutes } from './wot/event-routes.ts';
import { addPropertyRoutes } from './wot/property-routes.ts';

export interface AddedApi {
  readonly feeds: Feeds;
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
export const API_PREFIX = '/api/v1';

/** All routes whose caller has to be known, and what they share. */
export async function addApi(app: Api, deps: HttpServerDeps, limits: HttpLimits): Promise<AddedApi> {
  const { live, access, models } = deps;
  const gate = createGate(live, access);
  const feeds = createFeeds({ live, access, gate, limits });
  const context: RouteContext = {
    live,
    access,
    gate,
    feeds,
    models,
    limits,
    clock: live.clock,
    revisions: createRevisions(live),
    heavy: createHeavyReads(limits.heavyReads, limits.heavyReadsOfOne),
    commandPace: createTokenBuckets({ clock: REAL_TIME, ...limits.commandsOfOne, capacity: MOST_COUNTED }),
  };

  const pool = createForkPool();
  app.addHook('onClose', () => pool.close());
  app.decorateRequest('caller', null);
  const limitPrincipal = createPrincipalLimit(limits);
  const authenticated = (add: (api: Api) => void, prefix: string) =>
    app.register(
      async (scope) => {
        scope.addHook('onRequest', async (request) => {
          request.caller = callerOf(access, request);
          limitPrincipal(callerIn(request).principal.id);
        });
        // what takes effect by a read is its answer; streams ask before each event as well
        scope.addHook('onSend', async (request, reply, payload) => {
          if (!READS.has(request.method) || reply.statusCode >= 400) return payload;
          try {
            await gate.requireStill(callerIn(request));
            return payload;
          } catch (error) {
            // these tell of what was read
            for (const header of ['etag', 'link']) reply.removeHeader(header);
            throw error;
          }
        });
        add(scope as Api);
      },
      { prefix },
    );

  await authenticated((api) => {
    addTwinRoutes(api, context);
    addSeriesRoutes(api, context);
    addForecastRoutes(api, context);
    addCoverageRoutes(api, context, pool);
    addForkRoutes(api, context, pool);
    addCommissionRoutes(api, context, pool);
    addSubjectRoutes(api, context);
    addThingRoutes(api, context);
    addCommandRoutes(api, context);
    addKillSwitchRoutes(api, context);
    addIncidentRoutes(api, context);
    addRecordRoutes(api, context);
    addProofRoutes(api, context);
    addStreamRoutes(api, context);
    addWebSocketRoutes(api, context);
  }, API_PREFIX);

  const originOf: OriginOf = (request) => deps.publicOrigin ?? `https://${request.host}`;
  addWellKnown(app, originOf);
  await authenticated((api) => addDirectoryRoutes(api, context, originOf), '');
  await authenticated((api) => {
    addPropertyRoutes(api, context);
    addActionRoutes(api, context);
    addEventRoutes(api, context);
  }, '/wot');
  await authenticated((api) => addFhirRoutes(api, context, originOf, deps.version), FHIR_PREFIX);
  return { feeds };
}

export const noRoute = (): Fault => new Fault('http.not-found', 'no such address; `/api/v1/openapi.json` lists them');
