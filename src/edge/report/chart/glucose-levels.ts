import type { MgPerDl } from '#base/units';
import { type Markup, markup } from '../markup.ts';
import { PLOT } from './frame.ts';
import { linearScale, type Scale } from './scale.ts';

/** The drawn range; what lies above is drawn on its edge. The strip below 40 is where the models end. */
const LOWEST: MgPerDl = 34;
const HIGHEST: MgPerDl = 400;
const VALIDITY_END: MgPerDl = 40;

/**
 * Thresholds of the consensus on time in range: below 54 level 2 hypoglycaemia, below 70 level 1, above 180 level 1 and above
 * 250 level 2 hyperglycaemia (Battelino et al., Diabetes Care 42 (2019) 1593-1603).
 */
const THRESHOLDS: readonly MgPerDl[] = [54, 70, 180, 250];

/** Logarithmic, so that the few dangerous units below 70 are not squeezed by the many above 180. */
export function glucoseScale(top: number, bottom: number): Scale {
  const scale = linearScale([Math.log(LOWEST), Math.log(HIGHEST)], [bottom, top]);
  return (value) => scale(Math.log(value));
}

/** Target range, thresholds and the end of validity, behind the lines of glucose. */
export function glucoseLevels(y: Scale): Markup {
  const width = PLOT.right - PLOT.left;
  const [high, low, end, floor] = [y(180), y(70), y(VALIDITY_END), y(LOWEST)];
  const thresholds = THRESHOLDS.map((level) => {
    const at = y(level).toFixed(1);
    const kind = level === 54 || level === 250 ? 'threshold grave' : 'threshold';
    return markup`<path class="${kind}" d="M${PLOT.left},${at}H${PLOT.right}"/><text class="tick-label end" x="${PLOT.left - 6}" y="${(y(level) + 3.5).toFixed(1)}">${level}</text>`;
  });
  return markup`<rect class="target" x="${PLOT.left}" y="${high.toFixed(1)}" width="${width}" height="${(low - high).toFixed(1)}"/><rect class="beyond-model" x="${PLOT.left}" y="${end.toFixed(1)}" width="${width}" height="${(floor - end).toFixed(1)}"/><text class="tick-label end" x="${PLOT.left - 6}" y="${((end + floor) / 2 + 3.5).toFixed(1)}">&lt;40</text><text class="tick-label end" x="${PLOT.left - 6}" y="${(y(HIGHEST) + 6).toFixed(1)}">mg/dL</text>${thresholds}`;
}
