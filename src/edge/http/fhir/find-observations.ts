import type { Millis } from '#base/time';
import type { Found } from '#edge/live/history-reader';
import type { Live } from '#edge/live/live';
import type { Position, SubjectId } from '#mirror/history/record';
import { messagesOf } from '#platform/records';
import type { CatalogModels } from '../wot/catalog-models.ts';
import type { Observed } from './observation.ts';
import { codingsOf, matchesToken } from './property-codes.ts';

export interface ObservationQuery {
  readonly subject: SubjectId;
  readonly thing?: string;
  /** Tokens, of which one has to match. */
  readonly codes?: readonly string[];
  /** By the device's clock, both included. */
  readonly from?: Millis;
  readonly to?: Millis;
  /** Records before this one. */
  readonly before?: Position;
  readonly count: number;
}

export interface ObservationPage {
  readonly observed: readonly Observed[];
  /** Where the next page begins; absent where there is nothing more. */
  readonly before?: Position;
}

const RECORDS_OF_A_READ = 200;
/** Records that one page is looked for among: a search for what is rare ends with a link instead of taking for ever. */
const MOST_RECORDS = 4_000;

/** Measurements of a subject, newest record first, whole records at a time. */
export async function findObservations(
  live: Live,
  models: CatalogModels,
  query: ObservationQuery,
): Promise<ObservationPage> {
  const observed: Observed[] = [];
  let { before } = query;
  for (let looked = 0; looked < MOST_RECORDS; looked += RECORDS_OF_A_READ) {
    const page = await live.history.find({
      subject: query.subject,
      kinds: ['MessageReceived'],
      limit: RECORDS_OF_A_READ,
      descending: true,
      // what a device measured at an instant it told no earlier
      ...(query.from === undefined ? {} : { from: query.from }),
      ...(before === undefined ? {} : { before }),
    });
    for (const found of page) {
      const wanted = observedIn(live, models, found).filter((one) => isWanted(one, query));
      if (observed.length > 0 && observed.length + wanted.length > query.count) {
        return { observed, before: found.position + 1 };
      }
      observed.push(...wanted);
      before = found.position;
    }
    if (page.length < RECORDS_OF_A_READ) return { observed };
  }
  return before === undefined ? { observed } : { observed, before };
}

/** The measurements of a record, with what is known of their properties. */
export function observedIn({ fleet }: Live, models: CatalogModels, found: Found): readonly Observed[] {
  if (found.kind !== 'read') return [];
  const { position, record } = found;
  let index = -1;
  return messagesOf(record).flatMap(({ thing, content, receivedAt, ahead = [] }) => {
    if (content.kind !== 'Report') return [];
    const first = index + 1;
    // what is stamped too far ahead was observed nobody knows when; it keeps its place, or those after it would move
    index += content.measurements.length + ahead.length;
    return content.measurements.flatMap((measurement, offset): readonly Observed[] => {
      const model = models.get(fleet.registry.things.get(thing)?.model ?? '')?.model;
      const property = model?.properties.get(measurement.name);
      if (model === undefined || property === undefined) return [];
      return [
        { position, index: first + offset, subject: record.subject, thing, model, property, measurement, receivedAt },
      ];
    });
  });
}

function isWanted({ thing, model, property, measurement: { at } }: Observed, query: ObservationQuery): boolean {
  const { codes, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query;
  if (query.thing !== undefined && query.thing !== thing) return false;
  if (at < from || at > to) return false;
  if (codes === undefined) return true;
  const codings = codingsOf(model, property);
  return codes.some((token) => matchesToken(token, codings));
}
