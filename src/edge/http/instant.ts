import Type from 'typebox';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';

/** ISO 8601 with a zone, as all instants are told. */
export const InstantSchema = Type.String({ format: 'date-time' });

/** An instant as a caller may state it. */
export const InstantQuery = Type.String({
  minLength: 1,
  maxLength: 40,
  description: 'ISO 8601 with a zone, or milliseconds since 1970',
});

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
/** The year 9999: what `Date` and ISO 8601 have in common. */
const LATEST: Millis = 253_402_300_799_999;

/** A device may claim any instant: what no calendar reaches is told as its end. */
export const isoOf = (at: Millis): string => new Date(Math.min(Math.max(0, at), LATEST)).toISOString();

/** @throws Fault `http.bad-instant` */
export function instantOf(text: string, name: string): Millis {
  // in an address a plus sign that was not escaped arrives as a space
  const stated = text.replace(' ', '+');
  const at = /^\d{1,15}$/.test(stated) ? Number(stated) : ISO.test(stated) ? Date.parse(stated) : Number.NaN;
  if (Number.isFinite(at) && at >= 0 && at <= LATEST) return at;
  throw new Fault('http.bad-instant', `${name}: not ISO 8601 with a zone, nor milliseconds since 1970`);
}
