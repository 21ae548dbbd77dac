import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { SubjectName } from '../twins/twin-schema.ts';

const SubscriptionId = Type.String({ minLength: 1, maxLength: 32 });

const SocketMessageSchema = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('subscribe'),
      id: SubscriptionId,
      subjects: Type.Optional(Type.Array(SubjectName, { minItems: 1, maxItems: 64 })),
      after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    },
    { additionalProperties: false },
  ),
  Type.Object({ kind: Type.Literal('unsubscribe'), id: SubscriptionId }, { additionalProperties: false }),
]);

/** What a client says over a WebSocket. `subjects` absent: all that it may read. */
export type SocketMessage = Static<typeof SocketMessageSchema>;

const validator = Compile(SocketMessageSchema);

export function parseSocketMessage(text: string | undefined): SocketMessage | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return validator.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
