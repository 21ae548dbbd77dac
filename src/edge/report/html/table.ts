import type { Proportion } from '#simulate/exercise/exercise-report';
import { count, interval, share } from '../format.ts';
import { type Markup, type MarkupValue, markup } from '../markup.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly number?: boolean;
}

/** A table whose first cell of a row is its header. A row that is a single value spans all columns below the row before. */
export interface Table {
  readonly caption: MarkupValue;
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
}

export type TableRow =
  | { readonly kind: 'cells'; readonly cells: readonly MarkupValue[] }
  | { readonly kind: 'command'; readonly command: string };

export function table({ caption, columns, rows }: Table): Markup {
  const kind = (index: number): Markup | undefined => (columns[index]?.number ? markup` class="number"` : undefined);
  return markup`<div class="table"><table><caption>${caption}</caption><thead><tr>${columns.map(
    ({ title }, index) => markup`<th scope="col"${kind(index)}>${title}</th>`,
  )}</tr></thead><tbody>${rows.map((row) =>
    row.kind === 'command'
      ? markup`<tr class="command"><td colspan="${columns.length}"><code>${row.command}</code></td></tr>`
      : markup`<tr>${row.cells.map((value, index) =>
          index === 0 ? markup`<th scope="row">${value}</th>` : markup`<td${kind(index)}>${value}</td>`,
        )}</tr>`,
  )}</tbody></table></div>\n`;
}

export const cells = (...values: readonly MarkupValue[]): TableRow => ({ kind: 'cells', cells: values });

/** A share with its counts and exact interval below it. */
export function proportionCell(value: Proportion): Markup {
  if (value.n === 0) return markup`<span class="soft">no such run</span>`;
  return markup`${share(value)}<span class="minor">${count(value)} ${interval(value)}</span>`;
}
