/** Residuals to be made small, written into `residuals` for the point `x`. */
export type Residuals = (x: Float64Array, residuals: Float64Array) => void;

export interface LeastSquaresBounds {
  readonly iterations: number;
  /** A smaller relative gain ends the search. */
  readonly tolerance: number;
}

/** Finite-difference step; the problems here are scaled so that 1 is a large move. */
const DIFFERENCE = 1e-3;
const STRONGEST_DAMPING = 1e6;

const sumOfSquares = (residuals: Float64Array): number => {
  let sum = 0;
  for (let index = 0; index < residuals.length; index += 1) sum += residuals[index]! * residuals[index]!;
  return sum;
};

/**
 * Levenberg-Marquardt with forward differences (Marquardt, J SIAM 11 (1963) 431-441). At most `iterations` times the
 * dimension plus the rejected steps evaluations; deterministic. Returns the best point found.
 */
export function leastSquares(
  residualsAt: Residuals,
  start: Float64Array,
  count: number,
  { iterations, tolerance }: LeastSquaresBounds,
): { readonly x: Float64Array; readonly sum: number } {
  const dimension = start.length;
  let x = start.slice();
  let residuals = new Float64Array(count);
  residualsAt(x, residuals);
  let sum = sumOfSquares(residuals);
  let damping = 1e-2;
  let tried = new Float64Array(count);
  const jacobian = Array.from({ length: dimension }, () => new Float64Array(count));

  for (let iteration = 0; iteration < iterations; iteration += 1) {
    for (let column = 0; column < dimension; column += 1) {
      const moved = x.slice();
      moved[column] = moved[column]! + DIFFERENCE;
      residualsAt(moved, tried);
      const slope = jacobian[column]!;
      for (let row = 0; row < count; row += 1) slope[row] = (tried[row]! - residuals[row]!) / DIFFERENCE;
    }
    const { matrix, gradient } = normalEquations(jacobian, residuals);
    let gained = false;
    for (; damping < STRONGEST_DAMPING; damping *= 8) {
      const by = solve(matrix, gradient, damping);
      const next = x.map((value, index) => value - by[index]!);
      residualsAt(next, tried);
      const nextSum = sumOfSquares(tried);
      if (!(nextSum < sum)) continue;
      gained = sum - nextSum > tolerance * sum;
      x = next;
      sum = nextSum;
      [residuals, tried] = [tried, residuals];
      damping = Math.max(1e-6, damping / 8);
      break;
    }
    if (!gained) break;
  }
  return { x, sum };
}

function normalEquations(
  jacobian: readonly Float64Array[],
  residuals: Float64Array,
): { readonly matrix: readonly Float64Array[]; readonly gradient: Float64Array } {
  const dimension = jacobian.length;
  const matrix = jacobian.map(() => new Float64Array(dimension));
  const gradient = new Float64Array(dimension);
  for (let row = 0; row < dimension; row += 1) {
    const left = jacobian[row]!;
    for (let column = row; column < dimension; column += 1) {
      const right = jacobian[column]!;
      let sum = 0;
      for (let index = 0; index < left.length; index += 1) sum += left[index]! * right[index]!;
      matrix[row]![column] = sum;
      matrix[column]![row] = sum;
    }
    let sum = 0;
    for (let index = 0; index < left.length; index += 1) sum += left[index]! * residuals[index]!;
    gradient[row] = sum;
  }
  return { matrix, gradient };
}

/** Solves `(M + damping diag(M)) by = gradient` by elimination; M is positive semidefinite. */
function solve(matrix: readonly Float64Array[], gradient: Float64Array, damping: number): Float64Array {
  const dimension = gradient.length;
  const rows = matrix.map((row, index) => {
    const copy = row.slice();
    copy[index] = copy[index]! * (1 + damping) + 1e-12;
    return copy;
  });
  const by = gradient.slice();
  for (let pivot = 0; pivot < dimension; pivot += 1) {
    const row = rows[pivot]!;
    for (let lower = pivot + 1; lower < dimension; lower += 1) {
      const factor = rows[lower]![pivot]! / row[pivot]!;
      for (let column = pivot; column < dimension; column += 1) rows[lower]![column]! -= factor * row[column]!;
      by[lower] = by[lower]! - factor * by[pivot]!;
    }
  }
  for (let pivot = dimension - 1; pivot >= 0; pivot -= 1) {
    let sum = by[pivot]!;
    for (let column = pivot + 1; column < dimension; column += 1) sum -= rows[pivot]![column]! * by[column]!;
    by[pivot] = sum / rows[pivot]![pivot]!;
  }
  return by;
}
