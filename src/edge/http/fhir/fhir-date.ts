import { Fault } from '#base/fault';
import { DAY, MINUTE, type Millis, SECOND } from '#base/time';

export interface Period {
  /** Both included. */
  readonly from?: Millis;
  readonly to?: Millis;
}

const DATE =
  /^(eq|ge|gt|le|lt|sa|eb)?(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)?)?$/;

/**
 * A search by date (FHIR R4, 3.1.1.4.7): a prefix and a date of some precision, which stands for all of its instants. Several of
 * them hold together. @throws Fault `http.malformed`
 */
export function periodOf(stated: readonly string[]): Period {
  return stated.map(periodOfOne).reduce((a, b) => {
    const from = Math.max(a.from ?? Number.NEGATIVE_INFINITY, b.from ?? Number.NEGATIVE_INFINITY);
    const to = Math.min(a.to ?? Number.POSITIVE_INFINITY, b.to ?? Number.POSITIVE_INFINITY);
    return { ...(Number.isFinite(from) ? { from } : {}), ...(Number.isFinite(to) ? { to } : {}) };
  }, {});
}

function periodOfOne(stated: string): Period {
  const parts = DATE.exec(stated.replace(' ', '+'));
  const first = parts === null ? Number.NaN : Date.parse(stated.replace(' ', '+').slice(parts[1]?.length ?? 0));
  if (parts === null || !Number.isFinite(first)) {
    throw new Fault('http.malformed', 'date: not a FHIR date, such as `ge2026-01-05T08:00:00Z`');
  }
  const last = first + lengthOf(parts, first) - 1;
  switch (parts[1]) {
    case 'ge':
      return { from: first };
    case 'gt':
    case 'sa':
      return { from: last + 1 };
    case 'le':
      return { to: last };
    case 'lt':
    case 'eb':
      return { to: first - 1 };
    default:
      return { from: first, to: last };
  }
}

/** How long the year, month, day, minute or second that was stated lasts; a fraction of a second is an instant. */
function lengthOf([text, , year, month, day, hour, , second]: RegExpExecArray, first: Millis): Millis {
  if (text.includes('.')) return 1;
  if (second !== undefined) return SECOND;
  if (hour !== undefined) return MINUTE;
  if (day !== undefined) return DAY;
  const next = month === undefined ? Date.UTC(Number(year) + 1, 0) : Date.UTC(Number(year), Number(month));
  return next - first;
}
