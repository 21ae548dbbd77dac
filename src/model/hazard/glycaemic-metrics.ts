import { assert } from '#base/assert';
import type { Fraction, MgPerDl, Minutes } from '#base/units';
import { symmetrizedGlucose } from './glycaemic-risk.ts';

/**
 * Below this the patient models answer with numbers that mean nothing: none has counter-regulation, so what a body does there
 * is not in them. Reports give the instant at which it is crossed, never the value.
 */
export const GLUCOSE_VALIDITY_FLOOR: MgPerDl = 40;

/**
 * The lowest glucose of a run. Below 40 mg/dL the patient models are not valid, so a run that went there has an instant, not
 * a number.
 */
export type Nadir =
  | { readonly kind: 'value'; readonly glucose: MgPerDl; readonly minute: Minutes }
  | { readonly kind: 'below-validity'; readonly minute: Minutes };

/**
 * What a run did to the person, over the true plasma glucose sampled once a minute. Ranges as in the consensus of Battelino et
 * al., Diabetes Care 42 (2019) 1593-1603. A sample below 40 mg/dL counts as 40 in the mean and in the risk indices, which
 * therefore understate a deep fall; the minutes below 40 and the instant tell it.
 */
export interface GlycaemicMetrics {
  /** Samples seen, one per minute. */
  readonly minutes: Minutes;
  readonly meanGlucose: MgPerDl;
  readonly nadir: Nadir;
  readonly peak: { readonly glucose: MgPerDl; readonly minute: Minutes };
  /** 70 to 180 mg/dL, both included. */
  readonly timeInRange: Fraction;
  readonly timeBelow70: Fraction;
  readonly timeBelow54: Fraction;
  readonly timeAbove180: Fraction;
  readonly timeAbove250: Fraction;
  readonly minutesBelow70: Minutes;
  readonly minutesBelow54: Minutes;
  readonly minutesBelow40: Minutes;
  readonly minutesAbove180: Minutes;
  readonly minutesAbove250: Minutes;
  readonly minutesAbove300: Minutes;
  /** Low and high blood glucose index, and their sum: means of the reading risks of Kovatchev 1997. */
  readonly lbgi: number;
  readonly hbgi: number;
  readonly risk: number;
  /** First minute beyond each bound; absent when it was never crossed. */
  readonly firstBelow70?: Minutes;
  readonly firstBelow54?: Minutes;
  readonly firstBelow40?: Minutes;
  readonly firstAbove250?: Minutes;
  readonly firstAbove300?: Minutes;
}

export interface GlycaemicAccumulator {
  /** The true plasma glucose of the next minute; the first sample is minute 0. */
  push(glucose: MgPerDl): void;
  /** INVARIANT: at least one sample has been pushed. */
  metrics(): GlycaemicMetrics;
}

/** Bounded memory, whatever the length of the run. */
export function createGlycaemicAccumulator(): GlycaemicAccumulator {
  const below70 = createCounter();
  const below54 = createCounter();
  const below40 = createCounter();
  const above180 = createCounter();
  const above250 = createCounter();
  const above300 = createCounter();
  let minutes = 0;
  let sum = 0;
  let lowRisk = 0;
  let highRisk = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let lowestMinute = 0;
  let highest = Number.NEGATIVE_INFINITY;
  let highestMinute = 0;

  const push = (glucose: MgPerDl): void => {
    assert(Number.isFinite(glucose), 'a glucose sample is a finite number');
    below70.count(glucose < 70, minutes);
    below54.count(glucose < 54, minutes);
    below40.count(glucose < GLUCOSE_VALIDITY_FLOOR, minutes);
    above180.count(glucose > 180, minutes);
    above250.count(glucose > 250, minutes);
    above300.count(glucose > 300, minutes);
    const counted = Math.max(glucose, GLUCOSE_VALIDITY_FLOOR);
    const symmetrized = symmetrizedGlucose(counted);
    if (symmetrized < 0) lowRisk += 10 * symmetrized * symmetrized;
    else highRisk += 10 * symmetrized * symmetrized;
    sum += counted;
    if (glucose < lowest) {
      lowest = glucose;
      lowestMinute = minutes;
    }
    if (glucose > highest) {
      highest = glucose;
      highestMinute = minutes;
    }
    minutes += 1;
  };

  const nadir = (): Nadir => {
    const crossed = below40.first();
    if (crossed !== undefined) return { kind: 'below-validity', minute: crossed };
    return { kind: 'value', glucose: lowest, minute: lowestMinute };
  };

  const metrics = (): GlycaemicMetrics => {
    assert(minutes > 0, 'glycaemic metrics have at least one sample');
    return {
      minutes,
      meanGlucose: sum / minutes,
      nadir: nadir(),
      peak: { glucose: highest, minute: highestMinute },
      timeInRange: (minutes - below70.total() - above180.total()) / minutes,
      timeBelow70: below70.total() / minutes,
      timeBelow54: below54.total() / minutes,
      timeAbove180: above180.total() / minutes,
      timeAbove250: above250.total() / minutes,
      minutesBelow70: below70.total(),
      minutesBelow54: below54.total(),
      minutesBelow40: below40.total(),
      minutesAbove180: above180.total(),
      minutesAbove250: above250.total(),
      minutesAbove300: above300.total(),
      lbgi: lowRisk / minutes,
      hbgi: highRisk / minutes,
      risk: (lowRisk + highRisk) / minutes,
      ...named('firstBelow70', below70.first()),
      ...named('firstBelow54', below54.first()),
      ...named('firstBelow40', below40.first()),
      ...named('firstAbove250', above250.first()),
      ...named('firstAbove300', above300.first()),
    };
  };

  return { push, metrics };
}

function createCounter() {
  let total = 0;
  let first: Minutes | undefined;
  return {
    count: (beyond: boolean, minute: Minutes): void => {
      if (!beyond) return;
      total += 1;
      first ??= minute;
    },
    total: () => total,
    first: () => first,
  };
}

const named = <Name extends string>(name: Name, value: Minutes | undefined): { readonly [key in Name]?: Minutes } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [key in Name]?: Minutes });
