import Type from 'typebox';
import { fromUtf8, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';

/** Greatest and ordinary number of entries of a page. */
export const MOST_ON_PAGE = 200;
const ORDINARY_PAGE = 50;

export const PageQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_ON_PAGE, default: ORDINARY_PAGE })),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'From the link `next`' })),
  },
  { additionalProperties: false },
);

/**
 * A cursor names the last entry of a page; the next one begins behind it, whatever was added or removed meanwhile. It is
 * opaque so that nobody rests on its form, and holds nothing but an id, so it needs no seal: what it can reach its holder
 * could ask for by name.
 */
export const cursorAfter = (id: string): string => utf8(id).toBase64({ alphabet: 'base64url', omitPadding: true });

/** @throws Fault `http.bad-cursor` */
export function idInCursor(cursor: string, isId: (id: string) => boolean): string {
  try {
    const id = fromUtf8(Uint8Array.fromBase64(cursor, { alphabet: 'base64url' }));
    if (isId(id)) return id;
  } catch {
    // not base64url, or not UTF-8: no cursor of ours either
  }
  throw new Fault('http.bad-cursor', 'cursor: not one of ours; begin without one');
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/**
 * The page behind `cursor` of entries sorted by their ids, of those that `isShown`. It looks no further than it has to: who may
 * see an entry is a question that takes its time.
 */
export function pageOf<T>(
  sorted: readonly T[],
  idOf: (item: T) => string,
  { limit = ORDINARY_PAGE, cursor }: { readonly limit?: number; readonly cursor?: string },
  isId: (id: string) => boolean,
  isShown: (item: T) => boolean = () => true,
): Page<T> {
  const after = cursor === undefined ? undefined : idInCursor(cursor, isId);
  const items: T[] = [];
  for (const item of sorted) {
    if ((after !== undefined && idOf(item) <= after) || !isShown(item)) continue;
    if (items.length === limit) return { items, next: cursorAfter(idOf(items.at(-1)!)) };
    items.push(item);
  }
  return { items };
}

/** `Link` of the next page (RFC 8288). */
export function nextLink(url: string, cursor: string): string {
  const next = new URL(url, 'https://wardtwin.invalid');
  next.searchParams.set('cursor', cursor);
  return `<${next.pathname}${next.search}>; rel="next"`;
}
