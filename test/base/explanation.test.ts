import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ExplainedValues, explain, explanation, withoutReported } from '#base/explanation';

const refusal = explanation('plausibility: glucose {glucose} mg/dL is below {floor} mg/dL', {
  values: { floor: 70 },
  reported: { glucose: 61.25 },
});

test('an explanation is rendered with its values in back-ticks', () => {
  assert.equal(explain(refusal, { reported: true }), 'plausibility: glucose `61.25` mg/dL is below `70` mg/dL');
  assert.equal(explain(refusal, { reported: false }), 'plausibility: glucose … mg/dL is below `70` mg/dL');
  assert.equal(explain(explanation('no such command waits'), { reported: false }), 'no such command waits');
});

test('numbers are rounded for the reader and kept whole as data', () => {
  const told = explanation('{third} of {whole}, {small}', {
    values: { third: 1 / 3, whole: 123456, small: 0.00012341 },
  });
  assert.equal(explain(told, { reported: false }), '`0.3333` of `123456`, `0.0001234`');
  assert.equal(told.values?.['third'], 1 / 3);
});

test('a value that looks like a placeholder is no placeholder', () => {
  const told = explanation('{given} and {withheld}', { values: { given: '{withheld}' }, reported: { withheld: 137 } });
  assert.equal(explain(told, { reported: false }), '`{withheld}` and …');
  assert.equal(explain(told, { reported: true }), '`{withheld}` and `137`');
});

test('a text with quotations of its own is not quoted once more', () => {
  const told = explanation('channel: {detail}', { values: { detail: 'no key of `nobody`' } });
  assert.equal(explain(told, { reported: false }), 'channel: no key of `nobody`');
});

test('names of the language stand for no value', () => {
  assert.equal(explain({ statement: '{constructor} {__proto__}' }, { reported: true }), '… …');
});

test('withheld_means_absent: no reported value is left in the rendering or the data of what was withheld', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd');
  // Markers that occur in no statement and no other value.
  const markers = fc.integer({ min: 1, max: 9999 }).map((n) => `marker-${n}-`);
  const reportedOf = fc.dictionary(names, fc.oneof(markers, fc.integer({ min: 7_000_000, max: 7_999_999 })));
  const valuesOf = fc.dictionary(
    names,
    fc.oneof(fc.integer({ min: 0, max: 999 }), fc.boolean(), fc.constant('{a}{b}')),
  );
  const pieces = fc.array(
    fc.oneof(
      names.map((name) => `{${name}}`),
      fc.constantFrom('glucose ', '{', '}', ' of '),
    ),
  );
  fc.assert(
    fc.property(pieces, valuesOf, reportedOf, (statement, values, reported) => {
      const told = { statement: statement.join(''), values: without(values, reported), reported };
      const withheld = withoutReported(told);
      const shown = [
        explain(told, { reported: false }),
        explain(withheld, { reported: true }),
        JSON.stringify(withheld),
      ];
      for (const text of shown)
        for (const value of Object.values(reported)) assert.ok(!text.includes(String(value)), `${text} holds ${value}`);
    }),
  );
});

test('no_statement_holds_a_value: what the compiler does not see is composed in one place', () => {
  const root = new URL('../../src/', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const glued = files.filter((file) => /\bstatement: `[^`]*\$\{/.test(readFileSync(new URL(file, root), 'utf8')));
  assert.deepEqual(glued, ['assure/incident/declare.ts']);
});

test('the compiler refuses a value glued into a statement, one that nobody gave, and one in both classes', () => {
  const glucose: number = 137;
  const text: string = 'glucose';
  // @ts-expect-error
  explanation(`glucose ${glucose}`);
  // @ts-expect-error
  explanation(text);
  // @ts-expect-error
  explanation('glucose {glucose}');
  // @ts-expect-error
  explanation('glucose {glucose} of {other}', { reported: { glucose } });
  // @ts-expect-error
  explanation('glucose {glucose}', { values: { glucose }, reported: { glucose } });
});

const without = (values: ExplainedValues, names: ExplainedValues): ExplainedValues =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !Object.hasOwn(names, name)));
