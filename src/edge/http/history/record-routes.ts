import Type, { type Static } from 'typebox';
import { withoutSecrets } from '#assure/access/access-record';
import { Fault } from '#base/fault';
import type { Found, HistoryQuery } from '#edge/live/history-reader';
import { isRecordKind, type RecordKind, type SubjectId } from '#mirror/history/record';
import { type Caller, callerIn } from '../caller.ts';
import { cursorAfter, idInCursor, nextLink, PageQuery } from '../cursor.ts';
import { InstantQuery, InstantSchema, instantOf, isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import type { Api } from '../type-provider.ts';
import { jsonOfCbor } from './json-of-cbor.ts';

const RecordSchema = Type.Object({
  position: Type.Integer(),
  kind: Type.String(),
  subject: Type.String(),
  at: InstantSchema,
  forgotten: Type.Optional(Type.Boolean({ description: 'Nobody can read it any more; it proves what it proved' })),
  body: Type.Optional(Type.Unknown({ description: 'Where you may read it' })),
});
type RecordView = Static<typeof RecordSchema>;

const RecordQuery = Type.Object(
  {
    ...PageQuery.properties,
    subject: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9/_-]{1,80}$' })),
    kind: Type.Optional(Type.String({ pattern: '^[A-Za-z]{1,40}(,[A-Za-z]{1,40}){0,19}$' })),
    from: Type.Optional(InstantQuery),
    to: Type.Optional(InstantQuery),
    order: Type.Optional(Type.Union([Type.Literal('oldest'), Type.Literal('newest')], { default: 'newest' })),
  },
  { additionalProperties: false },
);

const ORDINARY_PAGE = 50;
const isPosition = (text: string): boolean => /^\d{1,15}$/.test(text);

/** What happened, as it was recorded: all of it for an auditor, a patient's own for whoever may read that twin's history. */
export function addRecordRoutes(api: Api, { live, gate }: RouteContext): void {
  const mayRead = (caller: Caller, subject: SubjectId): boolean =>
    // the platform's records and those of accounts are about nobody's health
    !live.fleet.registry.subjects.has(subject) || gate.may(caller, 'readHistory', gate.twinOf(subject));

  const viewOf = (caller: Caller, found: Found): RecordView => {
    const { position } = found;
    if (found.kind === 'forgotten') {
      const { recordKind: kind, subject, at } = found;
      return { position, kind, subject, at: isoOf(at), forgotten: true };
    }
    const { kind, subject, at, body } = found.record;
    const told = { position, kind, subject, at: isoOf(at) };
    return mayRead(caller, subject) ? { ...told, body: jsonOfCbor(withoutSecrets(kind, body)) } : told;
  };

  api.get(
    '/history/records',
    {
      schema: {
        operationId: 'listRecords',
        summary: 'Records of history by kind, subject and time; bodies where you may read that twin',
        tags: ['history'],
        querystring: RecordQuery,
        response: {
          200: Type.Object({ records: Type.Array(RecordSchema), next: Type.Optional(Type.String()) }),
        },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { subject, limit = ORDINARY_PAGE } = request.query;
      const isOwn = subject !== undefined && live.fleet.registry.subjects.has(subject);
      if (!(isOwn && gate.may(caller, 'readHistory', gate.twinOf(subject)))) {
        await gate.require(caller, 'readAudit', { type: 'Platform' });
      }
      const found = await live.history.find(queryOf(request.query, limit));
      const items = found.slice(0, limit);
      const next = found.length > limit ? cursorAfter(String(items.at(-1)!.position)) : undefined;
      if (next !== undefined) void reply.header('link', nextLink(request.url, next));
      return { records: items.map((one) => viewOf(caller, one)), ...(next === undefined ? {} : { next }) };
    },
  );
}

function queryOf(query: Static<typeof RecordQuery>, limit: number): HistoryQuery {
  const { subject, kind, from, to, cursor, order = 'newest' } = query;
  const place = cursor === undefined ? undefined : Number(idInCursor(cursor, isPosition));
  const descending = order === 'newest';
  return {
    // one more than is shown tells whether there is a next page
    limit: limit + 1,
    descending,
    ...(subject === undefined ? {} : { subject }),
    ...(kind === undefined ? {} : { kinds: kind.split(',').map(kindOf) }),
    ...(from === undefined ? {} : { from: instantOf(from, 'from') }),
    ...(to === undefined ? {} : { to: instantOf(to, 'to') }),
    ...(place === undefined ? {} : descending ? { before: place } : { after: place }),
  };
}

function kindOf(text: string): RecordKind {
  if (isRecordKind(text)) return text;
  throw new Fault('http.malformed', `kind: no records are called \`${text}\``);
}
