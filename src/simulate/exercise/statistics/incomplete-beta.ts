import { assert } from '#base/assert';

/** Lanczos' coefficients for g = 7, n = 9 (P. Godfrey, 2001): relative error of the gamma function below 1e-14. */
const LANCZOS_G = 7;
const LANCZOS: readonly number[] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

const CONTINUED_FRACTION_TERMS = 10_000;
const PRECISION = 1e-16;
/** Stands in for a zero denominator in Lentz's method. */
const TINY = 1e-300;

/** ln(gamma(x)) for x >= 0.5, which is all that the beta function of counts needs. */
function logGamma(x: number): number {
  let sum = LANCZOS[0]!;
  for (let index = 1; index < LANCZOS.length; index += 1) sum += LANCZOS[index]! / (x - 1 + index);
  const base = x - 1 + LANCZOS_G + 0.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

/**
 * The regularised incomplete beta function I_x(a, b): the distribution function of the beta distribution; `a` and `b` at least
 * 0.5. Continued fraction of DLMF 8.17.22 by Lentz's method, on the side of the symmetry 8.17.4 where it converges fast.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  assert(a >= 0.5 && b >= 0.5, 'the parameters of the beta distribution are at least 0.5');
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  if (x < (a + 1) / (a + b + 2)) return (Math.exp(logFront) * continuedFraction(x, a, b)) / a;
  return 1 - (Math.exp(logFront) * continuedFraction(1 - x, b, a)) / b;
}

function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= CONTINUED_FRACTION_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return fraction;
}

const nonZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

/** The x with I_x(a, b) = `probability`, by bisection to the last bit: slower than Newton's method, and it cannot fail. */
export function inverseIncompleteBeta(probability: number, a: number, b: number): number {
  if (probability <= 0) return 0;
  if (probability >= 1) return 1;
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (incompleteBeta(middle, a, b) < probability) low = middle;
    else high = middle;
  }
}
