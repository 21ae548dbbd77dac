import Type from 'typebox';
import type { Api } from './type-provider.ts';

const Health = Type.Object({ status: Type.String() });

/** For whoever starts and watches the process. No authentication, and nothing that would need it. */
export function addHealthRoutes(app: Api, isReady: () => boolean): void {
  app.get(
    '/livez',
    {
      schema: {
        operationId: 'isAlive',
        summary: 'Whether the process answers',
        tags: ['health'],
        security: [],
        response: { 200: Health },
      },
    },
    async () => ({ status: 'alive' }),
  );
  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'isReady',
        summary: 'Whether requests are served',
        tags: ['health'],
        security: [],
        response: { 200: Health, 503: Health },
      },
    },
    async (_request, reply) => {
      if (isReady()) return { status: 'ready' };
      return reply.code(503).header('retry-after', '2').send({ status: 'not ready' });
    },
  );
}
