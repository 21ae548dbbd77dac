import type { Minutes } from '#base/units';

/** Maps a value of the data to a coordinate of the drawing. */
export type Scale = (value: number) => number;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A linear scale that ends where its domain ends: what lies beyond is drawn on the edge. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain;
  const [start, end] = range;
  const extent = high === low ? 1 : high - low;
  return (value) => start + ((Math.min(Math.max(value, low), high) - low) / extent) * (end - start);
}

const HOUR_STEPS: readonly number[] = [1, 2, 3, 6, 12, 24, 48, 96, 168];

/** Round hours, as minutes, for an axis of time: at most nine. */
export function hourTicks(start: Minutes, end: Minutes): readonly Minutes[] {
  const hours = (end - start) / 60;
  const step = 60 * (HOUR_STEPS.find((candidate) => hours / candidate <= 8) ?? Math.ceil(hours / 8));
  return multiples(step, start, end);
}

/** Round values from 0 to at most `end`: about `wanted` of them, in steps of 1, 2 or 5 times a power of ten. */
export function roundTicks(end: number, wanted: number): readonly number[] {
  const rough = Math.max(end, 1e-9) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power;
  return multiples(step, 0, end).map((tick) => Number(tick.toPrecision(12)));
}

function multiples(step: number, start: number, end: number): readonly number[] {
  const first = Math.ceil(start / step);
  const last = Math.floor(end / step + 1e-9);
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, index) => (first + index) * step);
}

/** An SVG path through the points, in relative steps of tenths: short, and without errors that add up. */
export function linePath(points: readonly Point[]): string {
  let path = '';
  let [x, y] = [0, 0];
  for (const [index, point] of points.entries()) {
    const [nextX, nextY] = [Math.round(point.x * 10), Math.round(point.y * 10)];
    path += `${index === 0 ? 'M' : 'l'}${tenths(nextX - x)}${separated(tenths(nextY - y))}`;
    [x, y] = [nextX, nextY];
  }
  return path;
}

/** A number of tenths as a decimal without leading zero. */
function tenths(count: number): string {
  return String(count / 10).replace(/^(-?)0\./, '$1.');
}

const separated = (number: string): string => (number.startsWith('-') ? number : `,${number}`);

/** A closed SVG path between an upper and a lower line over the same places. */
export function areaPath(upper: readonly Point[], lower: readonly Point[]): string {
  return upper.length === 0 ? '' : `${linePath([...upper, ...lower.toReversed()])}z`;
}

/**
 * Moves labels of the given height apart, keeping their order, within [top, bottom] where there is room: the y of each.
 */
export function spreadLabels(
  wanted: readonly number[],
  height: number,
  top: number,
  bottom: number,
): readonly number[] {
  const order = wanted.map((_, index) => index).sort((left, right) => wanted[left]! - wanted[right]! || left - right);
  const placed = [...wanted];
  let floor = top;
  for (const index of order) {
    placed[index] = Math.max(placed[index]!, floor);
    floor = placed[index]! + height;
  }
  let ceiling = bottom;
  for (const index of order.toReversed()) {
    placed[index] = Math.min(placed[index]!, ceiling);
    ceiling = placed[index]! - height;
  }
  return placed;
}

/** At most `limit` groups of neighbouring indices, so that a long series stays drawable: each as [from, until). */
export function groupsOf(length: number, limit: number): readonly (readonly [number, number])[] {
  const size = Math.max(Math.ceil(length / limit), 1);
  return Array.from({ length: Math.ceil(length / size) }, (_, index) => [
    index * size,
    Math.min((index + 1) * size, length),
  ]);
}
