import type { Verdict } from '#simulate/exercise/exercise-report';
import { type Markup, markup } from '../markup.ts';
import { VERDICT_MARKS } from '../wording.ts';

/** A verdict by mark, word and colour; the mark is not read out. */
export const verdictLabel = (verdict: Verdict): Markup =>
  markup`<span class="verdict ${verdict}"><span class="mark" aria-hidden="true">${VERDICT_MARKS[verdict]}</span>${verdict}</span>`;
