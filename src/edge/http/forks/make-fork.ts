import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import type { ForkPool } from '#edge/fork/fork-pool';
import type { ForkWish } from '#edge/fork/fork-wish';
import { band90, type Forecast } from '#mirror/twin/fork';
import { compareForecasts } from '#mirror/twin/fork-comparison';
import type { Hypothesis } from '#mirror/twin/hypothesis';
import type { Twin } from '#mirror/twin/twin';
import { isoOf } from '../instant.ts';
import type { ComparisonView, ForkWishBody } from './fork-schema.ts';

/** What is told of a fork beside its name. */
export interface ForkTold {
  readonly at: Millis;
  readonly comparison?: ComparisonView;
  readonly outcome?: Awaited<ReturnType<ForkPool['play']>>;
}

const ORDINARY_HORIZON_MIN = 120;
const ORDINARY_SEEDS = 8;
const ORDINARY_WARD = 'closed-loop-home';
const ORDINARY_DEFENCES = ['none', 'all'];

/**
 * Carries a wish out on a copy of the twin; the twin, and the device, know nothing of it.
 * @throws Fault `http.not-predicting`, `http.malformed`, `fork.*`
 */
export async function makeFork(twin: Twin, at: Millis, body: ForkWishBody, pool: ForkPool): Promise<ForkTold> {
  if (body.attack === undefined) return { at, comparison: compare(twin, body) };
  if (body.changes !== undefined) {
    throw new Fault('http.malformed', 'body: state changes or an attack, not both');
  }
  const outcome = await pool.play(attackOf(twin, body));
  if (outcome === undefined) throw notPredicting();
  return { at, outcome };
}

function attackOf(twin: Twin, body: ForkWishBody): ForkWish {
  const { attack, meals = [], defences = ORDINARY_DEFENCES, seeds = ORDINARY_SEEDS, ward = ORDINARY_WARD } = body;
  return {
    twin,
    meals,
    defences,
    seeds,
    ward,
    horizonMin: body.horizonMin ?? ORDINARY_HORIZON_MIN,
    ...(attack === undefined ? {} : { attack }),
  };
}

function compare(twin: Twin, { changes = [], horizonMin = ORDINARY_HORIZON_MIN }: ForkWishBody): ComparisonView {
  const hypothesis: Hypothesis = {
    kind: 'combined',
    changes: changes.map(({ startMin = 0, change }) => ({ startMin, change })),
  };
  const compared = compareForecasts(twin, hypothesis, horizonMin);
  if (compared === undefined) throw notPredicting();
  const { unforked, forked, difference, risk } = compared;
  return {
    unforked: forecastView(unforked),
    forked: forecastView(forked),
    differenceMgPerDl: [...difference],
    risk,
  };
}

function forecastView(forecast: Forecast): ComparisonView['forked'] {
  const bands = Array.from(forecast.mean, (_, index) => band90(forecast, index));
  return {
    from: isoOf(forecast.from),
    stepMin: forecast.stepMin,
    mean: [...forecast.mean],
    low90: bands.map(({ low }) => low),
    high90: bands.map(({ high }) => high),
  };
}

export const notPredicting = (): Fault =>
  new Fault('http.not-predicting', 'the twin cannot predict: it was not put into service, or has no recent reading');
