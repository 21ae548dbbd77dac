import type { Edit } from './mutant.ts';

const RULE = /^@id\([\s\S]*?^(permit|forbid) \([\s\S]*?;\n/gm;
const LISTED = /\[\s*[^\]]*?\s*\]/g;
const CONDITION = /(when|unless) \{([\s\S]*?)\n\}/g;
const NAMED = /(Action|Role|Purpose)::"([\w-]+)"/g;

/**
 * The mutants of a file of policies: a rule left out or turned round, a member of a list left out, a condition turned round or
 * left out, or one of its terms, and an action, role or purpose that becomes another one of the same file.
 */
export function cedarMutants(_name: string, text: string): readonly Edit[] {
  return [...text.matchAll(RULE)].flatMap((rule) => {
    const [body, effect] = rule as unknown as [string, string];
    const at = rule.index;
    const effectAt = at + body.indexOf(`${effect} (`);
    const headEnd = effectAt - at;
    const shifted = (edits: readonly Edit[]): readonly Edit[] =>
      edits.map((edit) => ({ ...edit, start: edit.start + effectAt, end: edit.end + effectAt }));
    const code = body.slice(headEnd);
    return [
      { mutator: 'Rule', start: at, end: at + body.length, replacement: '' },
      {
        mutator: 'Effect',
        start: effectAt,
        end: effectAt + effect.length,
        replacement: effect === 'permit' ? 'forbid' : 'permit',
      },
      ...shifted([...memberEdits(code), ...conditionEdits(code), ...nameEdits(code, text)]),
    ];
  });
}

function memberEdits(code: string): readonly Edit[] {
  return [...code.matchAll(LISTED)].flatMap((list) => {
    const members = [...list[0].matchAll(/\w+::"[\w-]+"(,\s*)?/g)];
    return members.map((member, index) => {
      // the comma before the last one goes with it
      const before = index > 0 && index === members.length - 1 ? (members[index - 1]![1]?.length ?? 0) : 0;
      const start = list.index + member.index;
      return { mutator: 'Member', start: start - before, end: start + member[0].length, replacement: '' };
    });
  });
}

function conditionEdits(code: string): readonly Edit[] {
  return [...code.matchAll(CONDITION)].flatMap((condition) => {
    const [whole, word, terms] = condition as unknown as [string, string, string];
    const start = condition.index;
    const termsAt = start + whole.indexOf('{') + 1;
    const parts = terms.trim().split(/ && /);
    return [
      { mutator: 'Condition', start, end: start + word.length, replacement: word === 'when' ? 'unless' : 'when' },
      { mutator: 'Condition', start, end: start + whole.length, replacement: '' },
      ...(parts.length < 2 ? [] : parts).map((_, left) => ({
        mutator: 'Term',
        start: termsAt,
        end: termsAt + terms.length,
        replacement: `\n  ${parts.filter((__, index) => index !== left).join(' && ')}`,
      })),
    ];
  });
}

function nameEdits(code: string, text: string): readonly Edit[] {
  const names = [...new Set([...text.matchAll(NAMED)].map(([name]) => name))].sort();
  return [...code.matchAll(NAMED)].flatMap((named) => {
    const kind = names.filter((name) => name.startsWith(`${named[1]}::`));
    const next = kind[(kind.indexOf(named[0]) + 1) % kind.length]!;
    if (next === named[0]) return [];
    return [{ mutator: 'Name', start: named.index, end: named.index + named[0].length, replacement: next }];
  });
}
