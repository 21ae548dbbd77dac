import type { Technique } from '../technique.ts';

type Parameters = { readonly records: number; readonly truncates: boolean };

/** Looked at from the end, at most this many: an insider does not read years of history. */
const SEARCHED = 20_000;

/**
 * Erases what would tell of an attack: findings lose their statement, boluses their amount. Sealed again under the genuine
 * key, each record looks valid by itself; what it cannot redo is the tree whose root was signed before.
 */
export const historyEdit: Technique<'store-insider', Parameters> = {
  id: 'history-edit',
  title: 'stored history edited by an insider',
  attackIcs: ['T0872', 'T0832', 'T0809'],
  emb3d: [],
  standsFor: [
    'CWE-778 in ICSMA-24-319-01: changes to a ventilator that leave no trace',
    'Crosby and Wallach, USENIX Security 2009: history that insiders cannot rewrite unnoticed',
  ],
  position: 'store-insider',
  preconditions: ['nobody compares history with what was signed of it'],
  parameters: {
    records: { description: 'how many of the latest records are edited', default: 20, minimum: 1, maximum: 1000 },
    truncates: { description: 'cuts them off instead of editing them', default: false },
  },
  launch(adversary, { records, truncates }) {
    const { point } = adversary;
    const size = point.size();
    if (size === 0) return;
    if (truncates) {
      adversary.act(`${Math.min(records, size)} records cut off`);
      point.truncate(Math.max(0, size - records));
      return;
    }
    let edited = 0;
    for (let position = size - 1; position >= Math.max(0, size - SEARCHED) && edited < records; position -= 1) {
      if (point.rewrite(position, erase)) edited += 1;
    }
    if (edited > 0) adversary.act(`${edited} records edited`);
  },
};

/** Numbers become zero and texts empty, one level deep: the record stays well-formed and says nothing. */
function erase(body: Record<string, unknown>): Record<string, unknown> {
  const erased = Object.entries(body).map(([key, value]) => [key, erasedValue(value)] as const);
  return Object.fromEntries(erased);
}

function erasedValue(value: unknown): unknown {
  if (typeof value === 'number') return 0;
  return typeof value === 'string' ? '' : value;
}
