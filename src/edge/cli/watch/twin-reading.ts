import { Fault } from '#base/fault';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { PlatformReader } from './platform-reader.ts';

/** Of the API's answers, what a frame shows. */
export interface TwinReading {
  readonly subject: string;
  readonly ward: string;
  /** The platform's clock. */
  readonly at: Millis;
  readonly things: readonly {
    readonly role: string;
    readonly connection: { readonly state: string };
    readonly stalenessMs?: number;
  }[];
  readonly reported: Readonly<Record<string, Readonly<Record<string, Reported>>>>;
  readonly predicted?: { readonly glucoseMgPerDl: number; readonly stalenessMs: number };
  readonly incidents: readonly { readonly id: string; readonly phase: string; readonly criterion?: string }[];
  readonly past: readonly Point[];
  readonly forecast: readonly BandPoint[];
  readonly findings: readonly { readonly at: string; readonly rule: string; readonly statement: string }[];
}

export interface Reported {
  readonly value: number | string | boolean | readonly number[];
  readonly unit?: string;
  readonly at: string;
}

export interface Point {
  readonly at: Millis;
  readonly value: number;
}

export interface BandPoint {
  readonly at: Millis;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

type TwinAnswer = Omit<TwinReading, 'at' | 'past' | 'forecast' | 'findings'> & { readonly at: string };

interface SeriesAnswer {
  readonly buckets: readonly { readonly from: string; readonly mean?: number }[];
}

interface ForecastAnswer {
  readonly glucose?: {
    readonly points: readonly {
      readonly at: string;
      readonly mean: number;
      readonly low: number;
      readonly high: number;
    }[];
  };
}

/** What was, on the plot; and what is to come. */
export const PAST: Millis = 3 * HOUR;
export const AHEAD_MIN = 120;
export const STEP: Millis = 5 * MINUTE;
const FINDINGS = 5;
const MOST_TWINS = 8;

/** The twins that the token may see, the first few. */
export async function readTwins(reader: PlatformReader, only?: string): Promise<readonly TwinReading[]> {
  const { twins } = await reader.get<{ readonly twins: readonly { readonly subject: string }[] }>(
    `/api/v1/twins?limit=${MOST_TWINS}`,
  );
  const readings: TwinReading[] = [];
  for (const { subject } of twins)
    if (only === undefined || subject === only) readings.push(await readTwin(reader, subject));
  return readings;
}

async function readTwin(reader: PlatformReader, subject: string): Promise<TwinReading> {
  const path = `/api/v1/twins/${subject}`;
  const twin = await reader.get<TwinAnswer>(path);
  const at = Date.parse(twin.at);
  const period = `from=${at - PAST}&to=${at}&resolution=${STEP / 1_000}`;
  const series = await orNothing<SeriesAnswer>(reader.get(`${path}/things/cgm/properties/glucose/history?${period}`), {
    buckets: [],
  });
  const forecast = await orNothing<ForecastAnswer>(reader.get(`${path}/forecast?horizon=${AHEAD_MIN}`), {});
  const { findings } = await orNothing<Pick<TwinReading, 'findings'>>(
    reader.get(`${path}/findings?limit=${FINDINGS}`),
    { findings: [] },
  );
  return {
    ...twin,
    at,
    past: series.buckets.flatMap(({ from, mean }) =>
      mean === undefined ? [] : [{ at: Date.parse(from), value: mean }],
    ),
    forecast: (forecast.glucose?.points ?? []).map((point) => ({ ...point, at: Date.parse(point.at) })),
    findings,
  };
}

/** What there is not, or this token may not see, is left out of the frame. */
async function orNothing<T>(asked: Promise<T>, nothing: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const status = error instanceof Fault ? error.data['status'] : undefined;
    if (status === 403 || status === 404) return nothing;
    throw error;
  }
}
