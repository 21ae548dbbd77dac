import Type from 'typebox';
import { asCbor } from '#base/canonical';
import type { ForkPool } from '#edge/fork/fork-pool';
import { callerIn } from '../caller.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import { twinThen } from '../twins/past-twin.ts';
import { SubjectName } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';
import { ForkSchema, type ForkWishBody, ForkWishSchema } from './fork-schema.ts';
import { createForkShelf, type KeptFork, newForkId } from './fork-shelf.ts';
import { type ForkTold, makeFork } from './make-fork.ts';

const SubjectParams = Type.Object({ subject: SubjectName }, { additionalProperties: false });
const ForkParams = Type.Object(
  { subject: SubjectName, id: Type.String({ pattern: '^[0-9a-f]{24}$' }) },
  { additionalProperties: false },
);

/** What a twin would do. A fork touches no device, is its maker's alone, and expires. */
export function addForkRoutes(api: Api, context: RouteContext, pool: ForkPool): void {
  const { live, gate } = context;
  const shelf = createForkShelf<ForkTold>(() => performance.timeOrigin + performance.now());
  const viewOf = ({ id, subject, expiresAt, told: { at, ...told } }: KeptFork<ForkTold>) => ({
    id,
    subject,
    at: isoOf(at),
    expiresAt: isoOf(Math.round(expiresAt)),
    ...told,
  });

  api.post(
    '/twins/:subject/forks',
    {
      config: { keepsKeys: true },
      schema: {
        operationId: 'forkTwin',
        summary:
          'Try something on a copy of the twin, now or at a past instant: a bolus, a meal, a suspended pump, an attack',
        tags: ['forks'],
        params: SubjectParams,
        body: ForkWishSchema,
        response: { 201: ForkSchema },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const entry = await gate.see(caller, 'forkTwin', request.params.subject);
      const { subject } = entry;
      const owner = caller.principal.id;
      const idempotencyKey = idempotencyKeyOf(request, caller);
      const earlier = idempotencyKey === undefined ? undefined : shelf.findByKey(owner, idempotencyKey);
      if (earlier?.subject === subject) return reply.code(201).send(viewOf(earlier));
      const place = shelf.reserve(owner, idempotencyKey);
      try {
        const { twin, at } = await twinThen(context, caller, entry, request.body.at);
        const told = await makeFork(twin, at, request.body, pool);
        const id = newForkId();
        await gate.carryOut(caller, 'forkTwin', gate.twinOf(subject), () =>
          live.act((fleet) => fleet.record('ForkCreated', subject, recordOf(id, owner, told, request.body))),
        );
        const fork = shelf.keep(place, { id, subject, told });
        return reply.code(201).header('location', `/api/v1/twins/${subject}/forks/${id}`).send(viewOf(fork));
      } finally {
        shelf.release(place);
      }
    },
  );

  api.get(
    '/twins/:subject/forks/:id',
    {
      schema: {
        operationId: 'readFork',
        summary: 'A fork of your own, until it expires',
        tags: ['forks'],
        params: ForkParams,
        response: { 200: ForkSchema },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const { subject } = await gate.see(caller, 'forkTwin', request.params.subject);
      const fork = shelf.find(caller.principal.id, subject, request.params.id);
      if (fork === undefined) throw notFound('fork');
      return viewOf(fork);
    },
  );

  api.delete(
    '/twins/:subject/forks/:id',
    {
      schema: {
        operationId: 'dropFork',
        summary: 'Drop a fork of your own',
        tags: ['forks'],
        params: ForkParams,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { subject } = await gate.see(caller, 'forkTwin', request.params.subject);
      if (!shelf.remove(caller.principal.id, subject, request.params.id)) throw notFound('fork');
      return reply.code(204).send();
    },
  );
}

function recordOf(id: string, owner: string, told: ForkTold, { horizonMin, changes, attack }: ForkWishBody) {
  const what =
    attack === undefined
      ? { changes: (changes ?? []).map(({ startMin = 0, change }) => ({ startMin, change: { ...change } })) }
      : { technique: attack.technique, parameters: { ...attack.parameters } };
  return asCbor({ id, by: owner, at: told.at, horizonMin, ...what });
}
