import type { MgPerDl } from '#base/units';

/**
 * Tests on the stream of normalised innovations. Two-sided CUSUM (Page, Biometrika 41 (1954) 100-115) sees a small lasting
 * bias; the running mean of squares sees noise that grew or model and body that parted.
 */
export interface InnovationTests {
  readonly high: number;
  readonly low: number;
  readonly meanSquare: number;
}

/** Allowance of the CUSUM, standard deviations: innovations of an imperfect model are a little correlated. */
const ALLOWANCE = 0.6;
/** The running mean of squares forgets over this many readings: one hour. */
const WINDOW = 12;
/** A single wild reading counts as this many standard deviations; it is the sensor's business. */
const LARGEST = 4;

export const NOTHING_TESTED: InnovationTests = { high: 0, low: 0, meanSquare: 1 };

export function testInnovation(tests: InnovationTests, normalised: number): InnovationTests {
  const deviation = Math.max(-LARGEST, Math.min(LARGEST, normalised));
  return {
    high: Math.max(0, tests.high + deviation - ALLOWANCE),
    low: Math.max(0, tests.low - deviation - ALLOWANCE),
    meanSquare: tests.meanSquare + (deviation * deviation - tests.meanSquare) / WINDOW,
  };
}

/** Readings below this count as low, by how far they are below; consensus level 1, Battelino et al., Diabetes Care 42 (2019). */
const LOW: MgPerDl = 70;
/** The burden forgets over this many readings: eight hours. */
const BURDEN_WINDOW = 96;

/**
 * Running mean of how far readings lie below 70 mg/dL. Where too much insulin acts for hours a person eats against it again and
 * again, and what they eat, which nobody reports, cancels what the filter could have seen; that they keep going low remains.
 */
export const lowBurden = (burden: MgPerDl, observed: MgPerDl): MgPerDl =>
  burden + (Math.max(0, LOW - observed) - burden) / BURDEN_WINDOW;
