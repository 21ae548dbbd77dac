/** The probabilities of 0 to `n` successes, by the recurrence of n: an independent check of the beta function. */
export function binomialProbabilities(n: number, p: number): readonly number[] {
  let probabilities = [1];
  for (let trial = 0; trial < n; trial += 1) {
    probabilities = Array.from(
      { length: trial + 2 },
      (_, k) => (probabilities[k] ?? 0) * (1 - p) + (probabilities[k - 1] ?? 0) * p,
    );
  }
  return probabilities;
}
