import Type, { type Static } from 'typebox';
import { explain, type Insight } from '#base/explanation';
import type { CommandLife } from '#platform/command-life';
import { InstantSchema, isoOf } from '../instant.ts';
import { AffordanceName, RoleName, ValueSchema } from '../twins/twin-schema.ts';

const InputField = Type.Union([
  Type.Number(),
  Type.String({ maxLength: 200 }),
  Type.Boolean(),
  Type.Array(Type.Number(), { maxItems: 96 }),
]);
export const InputSchema = Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$' }), InputField, {
  maxProperties: 16,
  additionalProperties: false,
});

export const CommandWishSchema = Type.Object(
  { thing: RoleName, action: AffordanceName, input: Type.Optional(InputSchema) },
  { additionalProperties: false },
);

export const CommandSchema = Type.Object({
  id: Type.String(),
  thing: Type.String({ description: 'By its role' }),
  action: Type.String(),
  input: Type.Record(Type.String(), ValueSchema),
  requester: Type.String(),
  origin: Type.String(),
  status: Type.String({
    description:
      'refused, awaiting-approval, declined, dispatched, done, refused-by-device, expired-at-device or timed-out',
  }),
  requestedAt: InstantSchema,
  since: InstantSchema,
  dueAt: Type.Optional(InstantSchema),
  approver: Type.Optional(Type.String()),
  reasons: Type.Array(Type.String()),
  determinedBy: Type.Array(Type.String()),
  late: Type.Optional(Type.String({ description: 'What the device said after it was given up on' })),
});
export type CommandView = Static<typeof CommandSchema>;

export function commandView(life: CommandLife, insight: Insight): CommandView {
  const { id, thing, action, input, requester, origin, status, requestedAt, since } = life;
  const { dueAt, approver, late, reasons, determinedBy } = life;
  return {
    id,
    thing,
    action,
    input: input as CommandView['input'],
    requester,
    origin,
    status,
    requestedAt: isoOf(requestedAt),
    since: isoOf(since),
    ...(dueAt === undefined ? {} : { dueAt: isoOf(dueAt) }),
    ...(approver === undefined ? {} : { approver }),
    reasons: reasons.map((reason) => explain(reason, insight)),
    determinedBy: [...determinedBy],
    ...(late === undefined ? {} : { late }),
  };
}
