import Type from 'typebox';
import { Fault } from '#base/fault';
import type { Found } from '#edge/live/history-reader';
import { type Caller, callerIn } from '../caller.ts';
import { cursorAfter, idInCursor } from '../cursor.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import type { Api } from '../type-provider.ts';
import type { OriginOf } from '../wot/directory-routes.ts';
import { searchset } from './bundle.ts';
import { FHIR_PREFIX } from './fhir-base.ts';
import { periodOf } from './fhir-date.ts';
import { findObservations, observedIn } from './find-observations.ts';
import { type Observed, observationOf, placeOfObservation } from './observation.ts';
import { CountQuery, IdQuery, nextUrl, ReferenceQuery, referenced } from './search-query.ts';
import { FHIR_RESPONSE, sendResource } from './send-resource.ts';

const Dates = Type.String({ maxLength: 40 });

/** `Observation`: what devices measured, one for each value that they told. */
export function addObservationRoutes(api: Api, context: RouteContext, originOf: OriginOf): void {
  const { live, gate, models, heavy } = context;

  const read = async (caller: Caller, id: string): Promise<Observed> => {
    const place = placeOfObservation(id);
    if (place === undefined) throw notFound('Observation');
    const { position, index } = place;
    const [found] = await live.history.find({ after: position - 1, before: position + 1, limit: 1 });
    await gate.see(caller, 'readTwin', subjectIn(found));
    const observed =
      found === undefined ? undefined : observedIn(live, models, found).find((one) => one.index === index);
    if (observed === undefined) throw notFound('Observation');
    return observed;
  };

  api.get(
    '/Observation/:id',
    {
      schema: {
        operationId: 'fhirReadObservation',
        summary: 'A value that a device told',
        tags: ['fhir'],
        params: Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9.-]{1,64}$' }) }, { additionalProperties: false }),
        response: FHIR_RESPONSE,
      },
    },
    async (request, reply) => sendResource(reply, observationOf(await read(callerIn(request), request.params.id))),
  );

  api.get(
    '/Observation',
    {
      schema: {
        operationId: 'fhirSearchObservation',
        summary: 'Values that devices told, newest first; of one patient, by device, code and date',
        tags: ['fhir'],
        querystring: Type.Object(
          {
            ...CountQuery,
            ...IdQuery,
            patient: Type.Optional(ReferenceQuery),
            subject: Type.Optional(ReferenceQuery),
            device: Type.Optional(ReferenceQuery),
            code: Type.Optional(
              Type.String({ minLength: 1, maxLength: 400, description: 'Tokens, separated by commas' }),
            ),
            date: Type.Optional(Type.Union([Dates, Type.Array(Dates, { maxItems: 4 })])),
          },
          { additionalProperties: false },
        ),
        response: FHIR_RESPONSE,
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const origin = originOf(request);
      const self = `${origin}${request.url}`;
      const base = `${origin}${FHIR_PREFIX}`;
      const { _id, _count: count = 50, _cursor, patient, subject = patient, device, code, date } = request.query;
      if (_id !== undefined) {
        const one = await read(caller, _id);
        return sendResource(reply, searchset(base, [observationOf(one)], { self }, 1));
      }
      const thing = device === undefined ? undefined : referenced(device, 'Device');
      const owner = subject === undefined ? undefined : referenced(subject, 'Patient');
      const named =
        owner ?? (thing === undefined ? undefined : (live.fleet.registry.things.get(thing)?.subject ?? thing));
      if (named === undefined) throw new Fault('http.malformed', 'Observation: state patient, subject, device or _id');
      await gate.see(caller, 'readTwin', named);
      const page = await heavy.run(caller, () =>
        findObservations(live, models, {
          subject: named,
          count,
          ...(thing === undefined ? {} : { thing }),
          ...(code === undefined ? {} : { codes: code.split(',') }),
          ...(date === undefined ? {} : periodOf(typeof date === 'string' ? [date] : date)),
          ...(_cursor === undefined ? {} : { before: Number(idInCursor(_cursor, (id) => /^\d{1,15}$/.test(id))) }),
        }),
      );
      const next = page.before === undefined ? undefined : cursorAfter(String(page.before));
      const links = { self, ...nextUrl(origin, request.url, next) };
      return sendResource(reply, searchset(base, page.observed.map(observationOf), links));
    },
  );
}

const subjectIn = (found: Found | undefined): string => {
  if (found === undefined) return '';
  return found.kind === 'read' ? found.record.subject : found.subject;
};
