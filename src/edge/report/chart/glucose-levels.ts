import type { MgPerDl } from '#base/units';
import { type Markup, markup } from '../markup.ts';
import { PLOT } from './frame.ts';
import { linearScale, type Scale } from './scale.ts';

/** The drawn range; what lies above is drawn on its edge. The strip below 40 is where the models end. */
const LOWEST: MgPerDl = 20;
const HIGHEST: MgPerDl = 400;
const VALIDITY_END: MgPerDl = 40;

/**
 * Thresholds of the consensus on time in range: below 54 level 2 hypoglycaemia, below 70 level 1, above 180 level 1 and above
 * 250 level 2 hyperglycaemia (Battelino et al., Diabetes Care 42 (2019) 1593-1603).
 */
const THRESHOLDS: readonly MgPerDl[] = [54, 70, 180, 250];

export const glucoseScale = (top: number, bottom: number): Scale => linearScale([LOWEST, HIGHEST], [bottom, top]);

/** Target range, thresholds and the end of validity, behind the lines of glucose. */
export function glucoseLevels(y: Scale): Markup {
  const width = PLOT.right - PLOT.left;
  const [high, low, end, floor] = [y(180), y(70), y(VALIDITY_END), y(LOWEST)];
  const thresholds = THRESHOLDS.map((level) => {
    const at = y(level).toFixed(1);
    const kind = level === 54 || level === 250 ? 'threshold grave' : 'threshold';
    // 54 and 70 are too close to label both on their lines.
    const nudge = level === 54 ? 6.5 : level === 70 ? 0.5 : 3.5;
    return markup`<path class="${kind}" d="M${PLOT.left},${at}H${PLOT.right}"/><text class="tick-label end" x="${PLOT.left - 6}" y="${(y(level) + nudge).toFixed(1)}">${level}</text>`;
  });
  return markup`<rect class="target" x="${PLOT.left}" y="${high.toFixed(1)}" width="${width}" height="${(low - high).toFixed(1)}"/><rect class="beyond-model" x="${PLOT.left}" y="${end.toFixed(1)}" width="${width}" height="${(floor - end).toFixed(1)}"/>${thresholds}`;
}
