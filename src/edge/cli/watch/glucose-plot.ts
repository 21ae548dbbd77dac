import { MINUTE, type Millis } from '#base/time';
import type { Paint } from './paint.ts';
import { colourOfGlucose } from './paint.ts';
import { AHEAD_MIN, type BandPoint, PAST, type Point, STEP } from './twin-reading.ts';

const TOP = 300;
const BOTTOM = 40;
const ROWS = 13;
const PER_ROW = (TOP - BOTTOM) / ROWS;
const COLUMNS_PAST = PAST / STEP;
/** The first after the past is now. */
const COLUMNS = COLUMNS_PAST + 1 + (AHEAD_MIN * MINUTE) / STEP;
const HOUR_COLUMNS = 12;

/**
 * Glucose over the last three hours and the two to come, 40 to 300 mg/dL: `*` what the sensor showed, `o` what it is expected to
 * show, and `.` where it will be with 90 % probability.
 */
export function plotGlucose(
  {
    at,
    past,
    forecast,
  }: { readonly at: Millis; readonly past: readonly Point[]; readonly forecast: readonly BandPoint[] },
  paint: Paint,
): readonly string[] {
  const cells = Array.from({ length: ROWS }, () => new Array<string>(COLUMNS).fill(' '));
  const columnOf = (when: Millis): number => COLUMNS_PAST + Math.floor((when - at) / STEP);
  const rowOf = (value: number): number =>
    Math.min(ROWS - 1, Math.max(0, Math.floor((TOP - Math.min(TOP, Math.max(BOTTOM, value))) / PER_ROW)));
  const put = (column: number, row: number, sign: string): void => {
    if (column >= 0 && column < COLUMNS) cells[row]![column] = sign;
  };

  for (const { at: when, mean, low, high } of forecast) {
    const column = columnOf(when);
    for (let row = rowOf(high); row <= rowOf(low); row += 1) put(column, row, paint('dim', '.'));
    put(column, rowOf(mean), paint(colourOfGlucose(mean), 'o'));
  }
  for (const { at: when, value } of past) put(columnOf(when), rowOf(value), paint(colourOfGlucose(value), '*'));

  const lines = cells.map((row, index) => {
    const label = index % 2 === 0 ? String(Math.round(TOP - index * PER_ROW)) : '';
    const signs = row.map((sign, column) => (sign === ' ' && column === COLUMNS_PAST ? paint('dim', '|') : sign));
    return `${label.padStart(4)} ${signs.join('').trimEnd()}`;
  });
  return [...lines, `     ${axis()}`];
}

/** Hours before and after now, under their columns. */
function axis(): string {
  let line = '';
  for (let column = 0; column < COLUMNS; column += HOUR_COLUMNS) {
    const hours = (column - COLUMNS_PAST) / HOUR_COLUMNS;
    line += (hours === 0 ? 'now' : `${hours > 0 ? '+' : ''}${hours} h`).padEnd(HOUR_COLUMNS);
  }
  return line.trimEnd();
}
