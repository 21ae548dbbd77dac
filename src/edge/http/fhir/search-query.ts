import Type from 'typebox';
import { Fault } from '#base/fault';

/** Parameters that all searches have. `_cursor` is ours, from the link `next`. */
export const CountQuery = {
  _count: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  _cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  _format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('application/fhir+json')])),
};

export const IdQuery = { _id: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9.-]{1,64}$' })) };

export const ReferenceQuery = Type.String({ pattern: '^([A-Za-z]{1,20}/)?[a-z0-9-]{1,64}$' });

/** The id that a reference names. @throws Fault `http.malformed` for one to something else */
export function referenced(reference: string, type: 'Patient' | 'Device'): string {
  const slash = reference.indexOf('/');
  if (slash < 0) return reference;
  if (reference.slice(0, slash) === type) return reference.slice(slash + 1);
  throw new Fault('http.malformed', `reference: \`${reference}\` is none to a ${type}`);
}

export function nextUrl(origin: string, url: string, cursor: string | undefined): { readonly next?: string } {
  if (cursor === undefined) return {};
  const next = new URL(url, origin);
  next.searchParams.set('_cursor', cursor);
  return { next: next.href };
}
