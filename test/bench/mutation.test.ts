import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { arguedSurvivors } from '../../bench/mutation/argued.ts';
import { cedarMutants } from '../../bench/mutation/cedar-mutants.ts';
import { codeMutants } from '../../bench/mutation/code-mutants.ts';
import { drawMutants, type Edit, mutantsOf, mutated } from '../../bench/mutation/mutant.ts';
import { doubled, halved, stepped } from '../../bench/mutation/numbers.ts';
import { yamlMutants } from '../../bench/mutation/yaml-mutants.ts';

const shown = (text: string, edits: readonly Edit[]): readonly string[] =>
  edits.map((edit) => `${edit.mutator}: ${mutated(text, edit)}`).sort();

test('a number is doubled, halved and moved by its last digit', () => {
  const changes = (written: string): readonly string[] => [doubled(written), halved(written), stepped(written)];
  assert.deepEqual(changes('15'), ['30', '7', '16']);
  assert.deepEqual(changes('0.05'), ['0.1', '0.025', '0.06']);
  assert.deepEqual(changes('1_440'), ['2880', '720', '1441']);
  assert.deepEqual(changes('-200'), ['-400', '-100', '-199']);
  assert.deepEqual(changes('1e6'), ['2000000', '500000', '2e6']);
  assert.equal(doubled('0'), '1');
  assert.equal(halved('1'), '0.5');
});

test('a replacement in code binds as the original did, and numbers are changed too', async () => {
  const text = 'export const f = (a: boolean, b: boolean, c: boolean): boolean => (a && b) || (c && 7 > 0x10);\n';
  const all = shown(text, await codeMutants('f.ts', text));
  const has = (mutant: string): void => assert.ok(all.includes(mutant), `${mutant} in\n${all.join('\n')}`);
  has(`LogicalOperator: ${text.replace('a && b', '(a || b)')}`);
  has(`EqualityOperator: ${text.replace('7 > 0x10', '(7 <= 0x10)')}`);
  has(`Number: ${text.replace('0x10', '32')}`);
  has(`Number: ${text.replace('7', '14')}`);
});

test('statements that are mutated whole stay statements', async () => {
  const text = "export function f(a: string[]): void {\n  a.push('x');\n  switch (a.length) { case 1: a.pop(); }\n}\n";
  const edits = await codeMutants('f.ts', text);
  for (const edit of edits) assert.doesNotMatch(mutated(text, edit), /\(\{\}\)|\(;\)|\(case/, JSON.stringify(edit));
  assert.ok(edits.some(({ mutator, replacement }) => mutator === 'BlockStatement' && replacement === '{}'));
});

test('the mutants of YAML: a number, a yes, a member, a row, a word of choice', () => {
  const text = 'title: 5 things\nlow: 54\nrows:\n  - { kind: a, on: true }\n  - { kind: b, list: [x, y] }\nlast: 1.5\n';
  assert.deepEqual(
    yamlMutants('f.yaml', text).map((edit) => [edit.mutator, parse(mutated(text, edit))]),
    (() => {
      const rows = [
        { kind: 'a', on: true },
        { kind: 'b', list: ['x', 'y'] },
      ];
      const whole = { title: '5 things', low: 54, rows, last: 1.5 };
      const { rows: _, ...withoutRows } = whole;
      const second = (row: object) => ({ ...whole, rows: [rows[0], row] });
      return [
        ['Row', withoutRows],
        ['Number', { ...whole, low: 108 }],
        ['Number', { ...whole, low: 27 }],
        ['Number', { ...whole, low: 55 }],
        ['Member', { ...whole, rows: [rows[1]] }],
        ['Member', { ...whole, rows: [rows[0]] }],
        ['Boolean', { ...whole, rows: [{ kind: 'a', on: false }, rows[1]] }],
        ['Row', second({ kind: 'b' })],
        ['Member', second({ kind: 'b', list: ['y'] })],
        ['Member', second({ kind: 'b', list: ['x'] })],
        ['Number', { ...whole, last: 3 }],
        ['Number', { ...whole, last: 0.75 }],
        ['Number', { ...whole, last: 1.6 }],
        ['Word', { ...whole, rows: [{ kind: 'b', on: true }, rows[1]] }],
        ['Word', second({ kind: 'a', list: ['x', 'y'] })],
      ];
    })(),
  );
});

test('the mutants of Cedar: a rule, its effect, a member, a condition, a term, a name', () => {
  const rule = `@id("a")
@statement("an a")
permit (
  principal in Role::"nurse",
  action in [Action::"read", Action::"write"],
  resource
) when {
  context.treats && context.day
};
`;
  const text = `${rule}
@id("b")
forbid (
  principal is Program,
  action == Action::"read",
  resource
);
`;
  const mutants = cedarMutants('f.cedar', text);
  const all = mutants.map((edit) => [edit.mutator, mutated(text, edit)]);
  const changed = (mutator: string, from: string, to: string): void =>
    assert.ok(
      all.some(([by, mutant]) => by === mutator && mutant === text.replace(from, to)),
      `${mutator}: ${from} -> ${to}`,
    );
  changed('Rule', rule, '');
  changed('Effect', 'permit (', 'forbid (');
  changed('Effect', 'forbid (', 'permit (');
  changed('Member', 'Action::"read", ', '');
  changed('Member', ', Action::"write"', '');
  changed('Condition', 'when {', 'unless {');
  changed('Condition', ' when {\n  context.treats && context.day\n}', ' ');
  changed('Term', 'context.treats && context.day', 'context.day');
  changed('Term', ' && context.day', '');
  changed('Name', 'Action::"read", Action', 'Action::"write", Action');
});

test('a lot belongs to a mutant: a line above moves it and changes neither its id nor who else is drawn', async () => {
  const text = readFileSync(new URL('../../src/assure/guard/approval.ts', import.meta.url), 'utf8');
  const mutants = mutantsOf('approval.ts', text, await codeMutants('approval.ts', text));
  const moved = `// a line\n${text}`;
  const after = mutantsOf('approval.ts', moved, await codeMutants('approval.ts', moved));
  assert.equal(new Set(mutants.map(({ id }) => id)).size, mutants.length);
  assert.deepEqual(
    after.map(({ id, line }) => ({ id, line })),
    mutants.map(({ id, line }) => ({ id, line: line + 1 })),
  );
  const drawn = drawMutants(mutants, 'seed', 10);
  assert.equal(drawn.length, 10);
  assert.notDeepEqual(drawMutants(mutants, 'another seed', 10), drawn);
  assert.deepEqual(
    drawMutants(mutants.slice(1), 'seed', 10).filter((mutant) => !drawn.includes(mutant)).length,
    drawn.includes(mutants[0]!) ? 1 : 0,
  );
});

test('every argued survivor is argued in a sentence', () => {
  for (const [id, because] of arguedSurvivors()) {
    assert.match(id, /^[0-9a-f]{10}$/);
    assert.ok(because.length > 20, id);
  }
});
