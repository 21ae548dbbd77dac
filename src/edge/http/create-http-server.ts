import type { Server as HttpServerOfNode } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { type FastifyBaseLogger, type FastifyPluginAsync, fastify, LogController } from 'fastify';
import { Fault } from '#base/fault';
import type { Access } from '#edge/access/access';
import type { Live } from '#edge/live/live';
import { limitConnections } from '#edge/machine/connection-limit';
import type { TlsListener } from '#edge/pki/server-identity';
import { addApi, noRoute } from './api.ts';
import { addHealthRoutes } from './health-routes.ts';
import { HTTP_LIMITS, type HttpLimits } from './http-limits.ts';
import { addIdempotentWrites } from './idempotent-writes.ts';
import { addOpenApi } from './openapi.ts';
import { addRateLimits } from './rate-limits.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { sendProblem } from './send-problem.ts';
import { addWebSockets } from './streams/websocket-routes.ts';
import { addTaggedAnswers } from './tagged-answers.ts';
import type { Api, TypeBoxProvider } from './type-provider.ts';
import { createValidatorCompiler } from './validation.ts';
import { requireWholeTexts } from './whole-texts.ts';
import type { CatalogModels } from './wot/catalog-models.ts';

export interface HttpServerDeps {
  readonly live: Live;
  readonly access: Access;
  /** Certificate, key, authorities and TLS 1.3: `ServerIdentity.options('requested')`. */
  readonly tls: TlsOptions;
  readonly models: CatalogModels;
  /** Routes of others on the same listener: enrolment, key agreement, metrics, the console. Each answers for who may ask. */
  readonly plugins?: readonly FastifyPluginAsync[];
  readonly limits?: Partial<HttpLimits>;
  /** Whether the platform as a whole is ready; `live.status` alone where it is absent. */
  readonly isReady?: () => boolean;
  readonly log?: FastifyBaseLogger;
  /** `https://host:port` that clients reach it by, for Thing Descriptions; what the client wrote where absent. */
  readonly publicOrigin?: string;
  readonly version: string;
}

export interface HttpServer {
  /** To be followed by `ServerIdentity`, so that a renewed certificate is shown. */
  readonly listener: TlsListener;
  /** Listens on `port` (0: a free one); resolves to the port. @throws Fault `http.listen` */
  listen(where: { readonly host: string; readonly port: number }): Promise<number>;
  /** How many streams are open. */
  readonly streams: number;
  /** Ends streams, waits for requests under way, closes. */
  close(): Promise<void>;
}

/** The HTTPS listener with the API, the live streams, W3C WoT and FHIR. */
export async function createHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  const limits = { ...HTTP_LIMITS, ...deps.limits };
  const listener = createListener(deps.tls, limits);
  const app: Api = fastify({
    // An https.Server is served like an http.Server, which is all that the framework knows the type of.
    serverFactory: (handler) => listener.on('request', handler) as unknown as HttpServerOfNode,
    bodyLimit: limits.body,
    forceCloseConnections: true,
    // an address that cannot be routed is refused before any hook: with what all answers have, and without repeating it
    frameworkErrors: (_error, request, reply) => {
      setSecurityHeaders(reply);
      sendProblem(noRoute(), request, reply);
    },
    return503OnClosing: true,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
    ...(deps.log === undefined
      ? {}
      : { loggerInstance: deps.log, logController: new LogController({ disableRequestLogging: true }) }),
  }).withTypeProvider<TypeBoxProvider>();

  app.setValidatorCompiler(createValidatorCompiler());
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => sendProblem(noRoute(), request, reply));
  app.addHook('onRequest', async (_request, reply) => setSecurityHeaders(reply));
  addRateLimits(app, limits);
  requireWholeTexts(app);
  addTaggedAnswers(app);
  addIdempotentWrites(app, deps.access);
  await addOpenApi(app, deps.version);
  await addWebSockets(app);
  addHealthRoutes(app, () => (deps.isReady?.() ?? true) && deps.live.status === 'open');
  const api = await addApi(app, deps, limits);
  for (const plugin of deps.plugins ?? []) await app.register(plugin);
  await app.register(deps.access.routes);
  await app.ready();

  return {
    listener,
    get streams() {
      return api.feeds.size;
    },
    listen: async ({ host, port }) => {
      try {
        await app.listen({ host, port });
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        throw new Fault('http.listen', `http: cannot listen on \`${host}:${port}\`: ${cause}`, { host, port });
      }
      return (listener.address() as AddressInfo).port;
    },
    close: async () => {
      api.feeds.closeAll();
      await app.close();
    },
  };
}

/** A client that is slow, or says too much, is not waited for: the sizes and times are bounded before any of our code runs. */
function createListener(tls: TlsOptions, limits: HttpLimits) {
  const server = createServer({
    ...tls,
    maxHeaderSize: limits.headers,
    headersTimeout: limits.headersWithin,
    requestTimeout: limits.requestWithin,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: Math.min(1_000, limits.headersWithin),
    noDelay: true,
  });
  server.maxConnections = limits.connections;
  limitConnections(server, limits.connectionsOfOne);
  server.maxRequestsPerSocket = 0;
  return server;
}
