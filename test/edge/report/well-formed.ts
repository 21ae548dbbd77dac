import assert from 'node:assert/strict';

/** Elements of HTML that have no end tag. */
const VOID = new Set(['meta', 'br']);

const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>/y;

/** Tags nest and close, attributes are quoted, and every other `<` and `&` is escaped. Style sheets have to be cut out before. */
export function assertWellFormed(text: string): void {
  const open: string[] = [];
  let offset = 0;
  for (;;) {
    const next = text.indexOf('<', offset);
    const between = text.slice(offset, next === -1 ? undefined : next);
    assert.doesNotMatch(between, /&(?!(?:amp|lt|gt|quot|#39);)/, 'a bare ampersand');
    if (next === -1) break;
    TAG.lastIndex = next;
    const match = TAG.exec(text);
    assert.ok(match, `not a tag: ${text.slice(next, next + 80)}`);
    const [whole, closing, name, attributes, selfClosing] = match;
    assert.doesNotMatch(attributes!, /&(?!(?:amp|lt|gt|quot|#39);)/, 'a bare ampersand in an attribute');
    if (closing)
      assert.equal(open.pop(), name, `an end tag without its start near ${text.slice(next - 80, next + 20)}`);
    else if (!selfClosing && !VOID.has(name!)) open.push(name!);
    offset = next + whole.length;
  }
  assert.deepEqual(open, [], 'tags that are not closed');
}
