import type { Random } from '#base/random';
import { COVARIANCE } from '#mirror/twin/kalman';

const DIMENSION = 4;

/** A draw of how far glucose, disturbance, sensitivity and the coloured error lie from the estimate, of its covariance. */
export function drawDeviation(estimate: readonly number[], random: Random): readonly number[] {
  const deviates = Array.from({ length: DIMENSION }, () => random.normal());
  return choleskyOf(estimate).map((row) => row.reduce((sum, factor, column) => sum + factor * deviates[column]!, 0));
}

/** Lower factor; a direction without variance, or with less than none by rounding, has no part in it. */
function choleskyOf(estimate: readonly number[]): readonly (readonly number[])[] {
  const factor = Array.from({ length: DIMENSION }, () => new Array<number>(DIMENSION).fill(0));
  for (let row = 0; row < DIMENSION; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let left = covariance(estimate, column, row);
      for (let before = 0; before < column; before += 1) left -= factor[row]![before]! * factor[column]![before]!;
      if (row === column) factor[row]![row] = Math.sqrt(Math.max(0, left));
      else factor[row]![column] = factor[column]![column]! > 0 ? left / factor[column]![column]! : 0;
    }
  }
  return factor;
}

/** The upper triangle lies row by row behind each other. */
const covariance = (estimate: readonly number[], row: number, column: number): number =>
  estimate[COVARIANCE + row * DIMENSION - (row * (row - 1)) / 2 + (column - row)]!;
