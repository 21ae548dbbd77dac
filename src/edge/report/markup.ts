/** Text that is markup already. Only `markup` makes it, so that all other text is escaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type MarkupValue = Markup | string | number | undefined | readonly MarkupValue[];

/**
 * A template of HTML, SVG or XML whose values are escaped, in text and in quoted attributes alike, unless they are markup.
 * Lists are joined; undefined is nothing.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let text = parts[0]!;
  for (const [index, value] of values.entries()) text += rendered(value) + parts[index + 1]!;
  return new Markup(text);
}

/** Takes `text` as markup: for texts of our own that hold no data, such as a style sheet. */
export const trusted = (text: string): Markup => new Markup(text);

function rendered(value: MarkupValue): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escapeMarkup(String(value));
  return value.map(rendered).join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes for HTML and XML, and replaces what XML 1.0 (section 2.2) cannot hold at all. */
function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"']/g, (character) => ESCAPES[character]!)
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
