/** Where a text stops being JSON, and what could have stood there. */
export interface JsonSyntaxFault {
  readonly offset: number;
  readonly message: string;
}

/** The tokens of RFC 8259, section 2 to 7; the first group is white space. */
const TOKEN =
  /([ \t\n\r]+)|[{}[\]:,]|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

type Expected =
  | 'a value'
  | 'a value or `]`'
  | 'a key or `}`'
  | 'a key'
  | '`:`'
  | '`,` or `]`'
  | '`,` or `}`'
  | 'the end';

/**
 * The first syntax fault of a text that `JSON.parse` refuses, whose own messages do not always tell the place; undefined where
 * there is none.
 */
export function jsonSyntaxFault(text: string): JsonSyntaxFault | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'a value';
  let offset = 0;
  while (offset < text.length) {
    TOKEN.lastIndex = offset;
    const match = TOKEN.exec(text);
    const token = match?.[0] ?? '';
    if (match?.[1] === undefined) {
      const next = step(expected, token, open);
      if (next === undefined) return fault(offset, expected, text);
      expected = next;
    }
    offset += token.length;
  }
  return expected === 'the end' ? undefined : fault(offset, expected, text);
}

/** What may follow `token`, or undefined where it may not stand. `open` holds the brackets that are not closed yet. */
function step(expected: Expected, token: string, open: ('{' | '[')[]): Expected | undefined {
  const afterValue = (): Expected => {
    const bracket = open.at(-1);
    if (bracket === undefined) return 'the end';
    return bracket === '{' ? '`,` or `}`' : '`,` or `]`';
  };
  switch (expected) {
    case 'the end':
      return undefined;
    case '`:`':
      return token === ':' ? 'a value' : undefined;
    case '`,` or `]`':
    case '`,` or `}`':
      if (token === ',') return open.at(-1) === '{' ? 'a key' : 'a value';
      if (token !== (open.at(-1) === '{' ? '}' : ']')) return undefined;
      open.pop();
      return afterValue();
    case 'a key':
    case 'a key or `}`':
      if (token.startsWith('"')) return '`:`';
      if (token !== '}' || expected === 'a key') return undefined;
      open.pop();
      return afterValue();
    case 'a value':
    case 'a value or `]`':
      if (token === '{' || token === '[') {
        open.push(token);
        return token === '{' ? 'a key or `}`' : 'a value or `]`';
      }
      if (token === ']' && expected === 'a value or `]`') {
        open.pop();
        return afterValue();
      }
      return token === '' || /^[\]}:,]$/.test(token) ? undefined : afterValue();
  }
}

function fault(offset: number, expected: Expected, text: string): JsonSyntaxFault {
  const word = /^[^\s,:[\]{}]{1,40}|^./u.exec(text.slice(offset, offset + 80))?.[0];
  const found = word === undefined ? 'the file ends' : `\`${word}\` stands`;
  return { offset, message: `not JSON: ${found} where ${expected} has to be` };
}
