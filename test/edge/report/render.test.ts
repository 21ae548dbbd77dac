import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { catalogSchema } from '../../../src/edge/catalog/catalog-schema.ts';
import { renderJson } from '../../../src/edge/report/canonical-json.ts';
import { renderJunit } from '../../../src/edge/report/junit.ts';
import { renderText } from '../../../src/edge/report/text.ts';
import { emptyReport, hostileReport, madeUpReport } from './made-up-report.ts';
import { assertWellFormed } from './well-formed.ts';

const snapshot = (name: string): string => fileURLToPath(new URL(`./snapshots/${name}`, import.meta.url));
const asIs = { serializers: [(value: string) => value] };

test('the text for a terminal is as reviewed', (t) => {
  t.assert.fileSnapshot(renderText(madeUpReport(), { colour: false }), snapshot('report.txt'), asIs);
});

test('colours only add control sequences to the text', () => {
  const coloured = renderText(madeUpReport(), { colour: true });
  assert.notEqual(coloured, renderText(madeUpReport(), { colour: false }));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
  assert.equal(coloured.replaceAll(/\u001b\[[\d;]*m/g, ''), renderText(madeUpReport(), { colour: false }));
});

test('the JUnit XML is as reviewed, and well-formed', (t) => {
  const xml = renderJunit(madeUpReport());
  assertWellFormed(xml.replace(/^<\?xml.*\?>\n/, ''));
  t.assert.fileSnapshot(xml, snapshot('report.junit.xml'), asIs);
});

test('a violated result is a failure and an undecided one an error', () => {
  const report = madeUpReport();
  const xml = renderJunit(report);
  const number = (verdict: string): number => report.scenarios.filter((result) => result.verdict === verdict).length;
  assert.equal(xml.match(/<testcase /g)?.length, report.scenarios.length);
  assert.equal(xml.match(/<failure /g)?.length, number('violated'));
  assert.equal(xml.match(/<error /g)?.length, number('undecided'));
});

test('the JSON is the report, and valid against its published schema', () => {
  const validate = catalogSchema('exercise-report');
  for (const report of [madeUpReport(), hostileReport(), emptyReport()]) {
    const parsed: unknown = JSON.parse(renderJson(report));
    assert.deepEqual(parsed, report);
    assert.ok(validate(parsed), JSON.stringify(validate.errors?.slice(0, 3)));
  }
});

test('the same report gives the same JSON bytes, in whatever order it was built', () => {
  const report = madeUpReport(1);
  assert.equal(renderJson(reversed(report) as ExerciseReport), renderJson(report));
});

test('hostile names stay text in every rendering', () => {
  assertWellFormed(renderJunit(hostileReport()).replace(/^<\?xml.*\?>\n/, ''));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not come out
  assert.doesNotMatch(renderText(hostileReport(), { colour: false }), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('a report without any run is rendered', () => {
  assertWellFormed(renderJunit(emptyReport()).replace(/^<\?xml.*\?>\n/, ''));
  assert.match(renderText(emptyReport(), { colour: false }), /interrupted/);
});

/** The same value with the keys of every object in reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
