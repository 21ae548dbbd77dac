import { Fault } from '#base/fault';
import type { Api } from './type-provider.ts';

/**
 * Refuses bodies with half a character in a text or a name. JSON can say one (RFC 8259, 8.2); UTF-8 cannot, and so neither can a
 * record: one that got as far as history would be a failure of the store.
 */
export function requireWholeTexts(app: Api): void {
  app.addHook('preValidation', async ({ body }) => {
    if (!isWhole(body)) throw new Fault('http.malformed', 'body: a text holds half a character (a lone surrogate)');
  });
}

/** Goes through a value without calling itself: how deep it is nested is its sender's choice. */
function isWhole(value: unknown): boolean {
  const left: unknown[] = [value];
  for (let next = left.pop(); left.length > 0 || next !== undefined; next = left.pop()) {
    if (typeof next === 'string' && !next.isWellFormed()) return false;
    if (typeof next !== 'object' || next === null || ArrayBuffer.isView(next)) continue;
    for (const [name, member] of Object.entries(next)) left.push(name, member);
  }
  return true;
}
