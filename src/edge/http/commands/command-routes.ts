import Type from 'typebox';
import { COMMAND_ID_PATTERN } from '#model/thing/command-id';
import { type CommandLife, lifeOf } from '#platform/command-life';
import { type Caller, callerIn } from '../caller.ts';
import { entityTag, isUnchanged, NOT_MODIFIED } from '../entity-tag.ts';
import { requiredKeyOf } from '../idempotency-key.ts';
import { AtQuery, readAt } from '../instant-read.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import { SubjectName } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';
import { answerCommand, askCommand } from './ask-command.ts';
import { CommandSchema, CommandWishSchema, commandView } from './command-schema.ts';

const CommandId = Type.String({ pattern: COMMAND_ID_PATTERN });
const SubjectParams = Type.Object({ subject: SubjectName }, { additionalProperties: false });
const CommandParams = Type.Object({ subject: SubjectName, id: CommandId }, { additionalProperties: false });
const KeyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: 'Required. 8 to 64 characters; the same one again is the same command' }),
  ),
});

/** A person's or a program's way to a device. */
export function addCommandRoutes(api: Api, context: RouteContext): void {
  const { live, gate } = context;
  const commandsOf = (caller: Caller, subject: string, stated: string | undefined) =>
    readAt<readonly CommandLife[]>(
      context,
      caller,
      stated,
      () => live.fleet.subject(subject)?.commands ?? [],
      (at) => live.history.commandsAt(subject, at),
    );
  const pathOf = (subject: string, id: string): string => `/api/v1/twins/${subject}/commands/${id}`;

  api.post(
    '/twins/:subject/commands',
    {
      config: { keepsKeys: true },
      schema: {
        operationId: 'requestCommand',
        summary: 'Ask a device for an action; it is permitted, waits for a second person, or is refused with reasons',
        tags: ['commands'],
        params: SubjectParams,
        headers: KeyHeaders,
        body: CommandWishSchema,
        response: { 202: CommandSchema },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { subject } = request.params;
      const { thing, action, input = {} } = request.body;
      const idempotencyKey = requiredKeyOf(request, caller);
      const life = await askCommand(context, caller, { subject, wish: { thing, action, input }, idempotencyKey });
      return reply
        .code(202)
        .header('location', pathOf(subject, life.id))
        .send(commandView(life, gate.insight(caller, subject)));
    },
  );

  api.get(
    '/twins/:subject/commands',
    {
      schema: {
        operationId: 'listCommands',
        summary: 'The last 128 commands about a subject and what became of each, newest first; now or as it was',
        tags: ['commands'],
        params: SubjectParams,
        querystring: AtQuery,
        response: { 200: Type.Object({ commands: Type.Array(CommandSchema) }) },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const { subject } = await gate.see(caller, 'readTwin', request.params.subject);
      const commands = await commandsOf(caller, subject, request.query.at);
      return { commands: commands.toReversed().map((life) => commandView(life, gate.insight(caller, subject))) };
    },
  );

  api.get(
    '/twins/:subject/commands/:id',
    {
      schema: {
        operationId: 'readCommand',
        summary: 'What became of a command; now or as it was. Older ones are in the records of history',
        tags: ['commands'],
        params: CommandParams,
        querystring: AtQuery,
        response: { 200: CommandSchema, 304: NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { subject } = await gate.see(caller, 'readTwin', request.params.subject);
      const life = lifeOf(await commandsOf(caller, subject, request.query.at), request.params.id);
      if (life === undefined) throw notFound('command');
      const tag = entityTag(`${life.status}.${life.since}.${life.late ?? ''}`);
      return isUnchanged(request, reply, tag)
        ? reply.code(304).send()
        : commandView(life, gate.insight(caller, subject));
    },
  );

  api.post(
    '/twins/:subject/commands/:id/approval',
    {
      schema: {
        operationId: 'answerCommand',
        summary: "A second person's word on a command that waits for one; the guard decides again",
        tags: ['commands'],
        params: CommandParams,
        body: Type.Object({ approve: Type.Boolean() }, { additionalProperties: false }),
        response: { 200: CommandSchema },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const { subject, id } = request.params;
      await gate.see(caller, 'readTwin', subject);
      const life = await answerCommand(context, caller, subject, id, request.body.approve);
      return commandView(life, gate.insight(caller, subject));
    },
  );
}
