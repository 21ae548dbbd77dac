import Type from 'typebox';
import { callerIn } from '../caller.ts';
import { entityTag, isUnchanged, requireUnchanged } from '../entity-tag.ts';
import { PROBLEM_RESPONSE } from '../problem-schema.ts';
import type { RouteContext } from '../route-context.ts';
import type { Api } from '../type-provider.ts';

const KillSwitch = Type.Object({ thrown: Type.Boolean() });

/** Stops all commands of all subjects at once. */
export function addKillSwitchRoutes(api: Api, { live, gate }: RouteContext): void {
  const tag = (): string => entityTag(live.fleet.killSwitch ? 'thrown' : 'released');

  api.get(
    '/kill-switch',
    {
      schema: {
        operationId: 'readKillSwitch',
        summary: 'Whether all commands are stopped',
        tags: ['commands'],
        response: { 200: KillSwitch, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      if (isUnchanged(request, reply, tag())) return reply.code(304).send();
      return { thrown: live.fleet.killSwitch };
    },
  );

  api.put(
    '/kill-switch',
    {
      schema: {
        operationId: 'setKillSwitch',
        summary:
          'Stop all commands, or let them pass again; `If-Match` is honoured and not needed: stopping must not wait',
        tags: ['commands'],
        body: Type.Object(
          { thrown: Type.Boolean(), reason: Type.String({ minLength: 1, maxLength: 200 }) },
          { additionalProperties: false },
        ),
        response: { 200: KillSwitch, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { thrown, reason } = request.body;
      await gate.require(caller, thrown ? 'throwKillSwitch' : 'releaseKillSwitch', { type: 'Platform' });
      requireUnchanged(request, tag());
      if (live.fleet.killSwitch !== thrown) {
        await live.act((fleet) => fleet.setKillSwitch(thrown, caller.principal.id, reason));
      }
      void reply.header('etag', tag());
      return { thrown };
    },
  );
}
