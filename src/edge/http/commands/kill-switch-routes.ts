import Type from 'typebox';
import type { Resource } from '#edge/access/access';
import type { Stops } from '#edge/live/past-state';
import { type Caller, callerIn } from '../caller.ts';
import { entityTag, isUnchanged, NOT_MODIFIED, requireUnchanged } from '../entity-tag.ts';
import { AtQuery, readAt } from '../instant-read.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import { SubjectName } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';

const KillSwitch = Type.Object({
  thrown: Type.Boolean({ description: 'Whether all commands of all subjects are stopped' }),
  wards: Type.Array(Type.String(), { description: 'Wards whose commands are stopped, of those that concern you' }),
});

/** Stops all commands at once: of all subjects, or of those of one ward. */
export function addKillSwitchRoutes(api: Api, context: RouteContext): void {
  const { live, gate } = context;
  const concerns = (caller: Caller, ward: string): boolean =>
    caller.principal.wards.includes(ward) || gate.may(caller, 'throwKillSwitch', { type: 'Ward', ward });
  const stops = (): Stops => ({ thrown: live.fleet.killSwitch, wards: live.fleet.stoppedWards });
  const viewFor = (caller: Caller, { thrown, wards }: Stops = stops()) => ({
    thrown,
    wards: [...wards].filter((ward) => concerns(caller, ward)).sort(),
  });
  const tagOf = ({ thrown, wards }: ReturnType<typeof viewFor>): string =>
    entityTag([thrown ? 'thrown' : 'released', ...wards].join('.'));
  const isWard = (ward: string): boolean =>
    live.fleet.stoppedWards.has(ward) || live.fleet.registry.subjects.values().some((entry) => entry.ward === ward);

  api.get(
    '/kill-switch',
    {
      schema: {
        operationId: 'readKillSwitch',
        summary: 'Whether commands are stopped: all, or those of some wards; now or as it was',
        tags: ['commands'],
        querystring: AtQuery,
        response: { 200: KillSwitch, 304: NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const then = await readAt(context, caller, request.query.at, stops, (at) => live.history.stopsAt(at));
      const view = viewFor(caller, then);
      return isUnchanged(request, reply, tagOf(view)) ? reply.code(304).send() : view;
    },
  );

  api.put(
    '/kill-switch',
    {
      schema: {
        operationId: 'setKillSwitch',
        summary:
          'Stop all commands, or those of a ward, or let them pass again; `If-Match` is honoured and not needed: stopping must not wait',
        tags: ['commands'],
        body: Type.Object(
          {
            thrown: Type.Boolean(),
            reason: Type.String({ minLength: 1, maxLength: 200 }),
            ward: Type.Optional(SubjectName),
          },
          { additionalProperties: false },
        ),
        response: { 200: KillSwitch },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { thrown, reason, ward } = request.body;
      const resource: Resource = ward === undefined ? { type: 'Platform' } : { type: 'Ward', ward };
      await gate.require(caller, thrown ? 'throwKillSwitch' : 'releaseKillSwitch', resource);
      if (ward !== undefined && !isWard(ward)) throw notFound('ward');
      requireUnchanged(request, tagOf(viewFor(caller)));
      // asked within the change: what another caller set a moment ago is durable too before this one is answered
      await gate.carryOut(caller, thrown ? 'throwKillSwitch' : 'releaseKillSwitch', resource, () =>
        live.act((fleet) => {
          const isThrown = ward === undefined ? fleet.killSwitch : fleet.stoppedWards.has(ward);
          if (isThrown !== thrown) fleet.setKillSwitch(thrown, caller.principal.id, reason, ward);
        }),
      );
      const view = viewFor(caller);
      void reply.header('etag', tagOf(view));
      return view;
    },
  );
}
