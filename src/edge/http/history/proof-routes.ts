import Type, { type Static } from 'typebox';
import { toHex } from '#base/bytes';
import type { SignedCheckpoint } from '#mirror/history/history';
import { callerIn } from '../caller.ts';
import { InstantSchema, isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import type { Api } from '../type-provider.ts';

const Size = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Digest = Type.String({ description: 'SHA-256, hexadecimal' });

const CheckpointSchema = Type.Object({
  origin: Type.String(),
  size: Type.Integer(),
  root: Digest,
  at: InstantSchema,
  note: Type.String({ description: 'The signed note (C2SP): what an outsider checks with the public key' }),
});

const viewOf = ({ origin, size, root, at, note }: SignedCheckpoint): Static<typeof CheckpointSchema> => ({
  origin,
  size,
  root: toHex(root),
  at: isoOf(at),
  note,
});

/** What proves history to an outsider: checkpoints and Merkle proofs (RFC 6962). They hold nothing of what was recorded. */
export function addProofRoutes(api: Api, { live, gate }: RouteContext): void {
  api.addHook('preHandler', async (request) => {
    if (request.routeOptions.config.proves === true) {
      await gate.require(callerIn(request), 'proveHistory', { type: 'Platform' });
    }
  });

  api.get(
    '/history/checkpoint',
    {
      config: { proves: true },
      schema: {
        operationId: 'readCheckpoint',
        summary: 'The last signed checkpoint',
        tags: ['history'],
        response: { 200: CheckpointSchema },
      },
    },
    async () => {
      const latest = await live.history.latestCheckpoint();
      if (latest === undefined) throw notFound('checkpoint');
      return viewOf(latest);
    },
  );

  api.post(
    '/history/checkpoint',
    {
      config: { proves: true },
      schema: {
        operationId: 'signCheckpoint',
        summary: 'Sign what history is now',
        tags: ['history'],
        response: { 201: CheckpointSchema },
      },
    },
    async (_request, reply) => reply.code(201).send(viewOf(await live.checkpoint())),
  );

  api.get(
    '/history/proof/inclusion/:position',
    {
      config: { proves: true },
      schema: {
        operationId: 'proveInclusion',
        summary: 'That a record is in the history of a size',
        tags: ['history'],
        params: Type.Object({ position: Size }, { additionalProperties: false }),
        querystring: Type.Object({ size: Type.Optional(Size) }, { additionalProperties: false }),
        response: {
          200: Type.Object({ position: Size, size: Size, leaf: Digest, path: Type.Array(Digest) }),
        },
      },
    },
    async (request) => {
      const { position, size, leaf, path } = await live.history.proveInclusion(
        request.params.position,
        request.query.size,
      );
      return { position, size, leaf: toHex(leaf), path: path.map(toHex) };
    },
  );

  api.get(
    '/history/proof/consistency',
    {
      config: { proves: true },
      schema: {
        operationId: 'proveConsistency',
        summary: 'That the history of one size begins with the history of a smaller one',
        tags: ['history'],
        querystring: Type.Object({ from: Size, size: Type.Optional(Size) }, { additionalProperties: false }),
        response: {
          200: Type.Object({ from: Size, size: Size, path: Type.Array(Digest) }),
        },
      },
    },
    async (request) => {
      const { from, size = live.history.size } = request.query;
      return { from, size, path: (await live.history.proveConsistency(from, size)).map(toHex) };
    },
  );
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route proves something of history, for which one needs the right to. */
    readonly proves?: boolean;
  }
}
