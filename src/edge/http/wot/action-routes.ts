import Type from 'typebox';
import { toHex } from '#base/bytes';
import { randomSecret } from '#crypto/secret';
import { COMMAND_ID_PATTERN } from '#model/thing/command-id';
import { lifeOf } from '#platform/command-life';
import { callerIn } from '../caller.ts';
import { askCommand } from '../commands/ask-command.ts';
import { InputSchema } from '../commands/command-schema.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import { ThingName } from '../things/thing-schema.ts';
import { AffordanceName } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';
import { ActionStatus, actionStatusOf } from './action-status.ts';

const ActionParams = Type.Object({ thing: ThingName, action: AffordanceName }, { additionalProperties: false });
const QueryParams = Type.Object(
  { thing: ThingName, action: AffordanceName, id: Type.String({ pattern: COMMAND_ID_PATTERN }) },
  { additionalProperties: false },
);

/** The forms of actions lead here, and from here to the command path. */
export function addActionRoutes(api: Api, context: RouteContext): void {
  const { live, gate } = context;

  api.post(
    '/things/:thing/actions/:action',
    {
      config: { keepsKeys: true },
      schema: {
        operationId: 'wotInvokeAction',
        summary: 'Ask a device for an action; the header `Idempotency-Key` is honoured',
        tags: ['wot'],
        params: ActionParams,
        body: Type.Optional(Type.Union([InputSchema, Type.Null()])),
        response: { 201: ActionStatus },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { thing, action } = request.params;
      const entry = live.fleet.registry.things.get(thing);
      const subject = entry?.subject ?? thing;
      // a client that cannot send the header asks anew each time
      const idempotencyKey = idempotencyKeyOf(request, caller) ?? toHex(randomSecret(16));
      const wish = { thing: entry?.role ?? thing, action, input: request.body ?? {} };
      const life = await askCommand(context, caller, { subject, wish, idempotencyKey });
      const href = `/wot/things/${thing}/actions/${action}/${life.id}`;
      return reply
        .code(201)
        .header('location', href)
        .send(actionStatusOf(life, href, gate.insight(caller, subject)));
    },
  );

  api.get(
    '/things/:thing/actions/:action/:id',
    {
      schema: {
        operationId: 'wotQueryAction',
        summary: 'Where an action that was asked for stands',
        tags: ['wot'],
        params: QueryParams,
        response: { 200: ActionStatus },
      },
    },
    async (request) => {
      const { thing, action, id } = request.params;
      const entry = live.fleet.registry.things.get(thing);
      const caller = callerIn(request);
      const { subject } = await gate.see(caller, 'readTwin', entry?.subject ?? thing);
      const life = lifeOf(live.fleet.subject(subject)?.commands ?? [], id);
      if (life === undefined || life.action !== action || life.thing !== entry?.role) throw notFound('action');
      return actionStatusOf(life, request.url, gate.insight(caller, subject));
    },
  );
}
