import type { Minutes } from '#base/units';
import { clockOfRun } from '../format.ts';
import { type Markup, markup } from '../markup.ts';
import { hourTicks, linearScale, type Scale } from './scale.ts';

/** What names a chart: `id` is unique in the document; title and description are what a screen reader tells. */
export interface ChartNames {
  readonly id: string;
  readonly title: string;
}

/** The drawing area that charts over the time of a run share, so that they align when they stand below each other. */
export const PLOT = { width: 480, left: 40, right: 366 } as const;

/** An SVG image with its title and description (SVG 2, section 5.7; WAI-ARIA `img`). */
export function chart(
  names: ChartNames,
  description: string,
  height: number,
  body: readonly (Markup | undefined)[],
): Markup {
  const { id, title } = names;
  return markup`<svg class="chart" viewBox="0 0 ${PLOT.width} ${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${body}</svg>`;
}

export const timeScale = (start: Minutes, end: Minutes): Scale => linearScale([start, end], [PLOT.left, PLOT.right]);

const DAY_MIN: Minutes = 1_440;

/** The axis of time below a plot: the time of day. */
export function timeAxis(start: Minutes, end: Minutes, y: number): Markup {
  const x = timeScale(start, end);
  const ticks = hourTicks(start, end).map((tick) => {
    const at = x(tick).toFixed(1);
    return markup`<path class="tick" d="M${at},${y}v4"/><text class="tick-label mid" x="${at}" y="${y + 15}">${clockOfRun(tick % DAY_MIN)}</text>`;
  });
  return markup`<path class="axis" d="M${PLOT.left},${y}H${PLOT.right}"/>${ticks}`;
}

/** An upright through a plot where the first adversarial act was. */
export function attackBegin(
  attackAtMin: Minutes | undefined,
  x: Scale,
  top: number,
  bottom: number,
): Markup | undefined {
  if (attackAtMin === undefined) return undefined;
  return markup`<path class="attack-begin" d="M${x(attackAtMin).toFixed(1)},${top}V${bottom}"/>`;
}
