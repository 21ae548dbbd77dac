import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { catalogSchema } from '#edge/catalog/catalog-schema';
import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { ownScenario, temporaryFolder, wardtwin } from './command-line.ts';

const folder = temporaryFolder();
const TINY = ['--patients', 'adult#001', '--jobs', '1'] as const;

function readReport(out: string): ExerciseReport {
  const report: unknown = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));
  const validate = catalogSchema('exercise-report');
  assert.ok(validate(report), JSON.stringify(validate.errors?.slice(0, 3)));
  return report as ExerciseReport;
}

const accepted = `  none:
    - { metric: prevented, relation: at-most, bound: 0.99 }
  link-authentication:
    - { metric: prevented, relation: at-least, bound: 0.02 }`;

test('a scenario file of one’s own, accepted: exit 0, a report after its schema, the same bytes for two jobs', async () => {
  const own = ownScenario(folder, { criteria: accepted });
  const first = join(folder, 'first');
  const second = join(folder, 'second');
  const words = ['validate', own, '--patients', 'adult#001,adult#002', '--runs', '2', '--format', 'json'];
  const one = await wardtwin([...words, '--jobs', '1', '--out', first]);
  assert.equal(one.code, 0, one.err);
  const { scenarios, verdict, complete, seed } = readReport(first);
  assert.deepEqual([verdict, complete, seed], ['accepted', true, 1]);
  assert.deepEqual(
    scenarios.map(({ id, defences, runs, prevented }) => [id, defences, runs, prevented.k]),
    [
      ['my-bolus', 'none', 2, 0],
      ['my-bolus', 'link-authentication', 2, 2],
    ],
  );
  const two = await wardtwin([...words, '--jobs', '2', '--out', second]);
  assert.equal(two.code, 0, two.err);
  const bytes = (out: string): string => readFileSync(join(out, 'report.json'), 'utf8');
  assert.equal(bytes(second), bytes(first));
});

test('a violated claim: exit 1; one that the runs cannot decide: exit 3; all formats are written', async () => {
  const violated = ownScenario(folder, {
    id: 'violated',
    criteria: '  none:\n    - { metric: prevented, relation: at-least, bound: 0.99 }',
  });
  const out = join(folder, 'violated');
  const wrong = await wardtwin([
    'validate',
    violated,
    ...TINY,
    '--runs',
    '2',
    '--out',
    out,
    '--format',
    'text,json,html,junit',
  ]);
  assert.equal(wrong.code, 1, wrong.err);
  assert.match(wrong.out, /violated/i);
  for (const file of ['report.txt', 'report.json', 'report.html', 'report.junit.xml'])
    assert.ok(existsSync(join(out, file)));

  const undecided = ownScenario(folder, {
    id: 'undecided',
    criteria: '  none:\n    - { metric: harmed, relation: at-most, bound: 0.5 }',
  });
  const open = await wardtwin([
    'validate',
    undecided,
    ...TINY,
    '--runs',
    '1',
    '--format',
    'json',
    '--out',
    join(folder, 'open'),
  ]);
  assert.equal(open.code, 3, open.err);
});

test('an unknown scenario: exit 2, and what was probably meant', async () => {
  const { code, err } = await wardtwin(['validate', 'replayed-remote-bolsu']);
  assert.equal(code, 2);
  assert.match(err, /no suite or scenario `replayed-remote-bolsu`; did you mean `replayed-remote-bolus`\?/);
});

test('a file with several faults: exit 2, and each of them with its line', async () => {
  const bad = join(folder, 'bad.yaml');
  const good = readFileSync(ownScenario(folder, { id: 'bad', criteria: accepted }), 'utf8').split('\n');
  const line = (start: string): number => good.findIndex((text) => text.startsWith(start));
  const [horizon, effect, objective] = [line('horizonMin'), line('effect'), line('objective')];
  good[horizon] = 'horizonMin: soon';
  good[effect] = 'effect: therapie';
  good[objective] = 'objektive: hypoglycaemia';
  writeFileSync(bad, good.join('\n'));
  const { code, err } = await wardtwin(['validate', bad]);
  assert.equal(code, 2);
  for (const at of [horizon, effect, objective]) assert.match(err, new RegExp(`bad\\.yaml:${at + 1}:\\d+: `));
  assert.match(err, /soon/);
  assert.match(err, /therapie/);
});

test('faults that only the rest of the catalog can tell have lines too', async () => {
  const path = ownScenario(folder, {
    id: 'foreign',
    criteria: '  nonne:\n    - { metric: harmed, relation: at-most, bound: 0.5 }',
  });
  const text = readFileSync(path, 'utf8').replace('technique: injected-bolus', 'technique: injected-bolsu');
  writeFileSync(path, text);
  const { code, err } = await wardtwin(['validate', path]);
  assert.equal(code, 2);
  assert.match(err, /foreign\.yaml:\d+:\d+: \/campaign\/steps\/0\/technique: .*injected-bolsu/);
  assert.match(err, /foreign\.yaml:\d+:\d+: \/criteria\/nonne: .*nonne/);
});

for (const [what, words, message] of [
  ['a patient that nobody is', ['--patients', 'adult#999'], /adult#999/],
  ['a defence set that there is not', ['--defences', 'nothing'], /no set `nothing`/],
  ['no jobs', ['--jobs', '0'], /--jobs/],
  ['runs that are no number', ['--runs', 'many'], /--runs/],
  ['a format that there is not', ['--format', 'pdf'], /pdf/],
  ['an option that there is not', ['--fast'], /--fast/],
] as const) {
  test(`${what}: exit 2, and it is named`, async () => {
    const { code, err } = await wardtwin(['validate', 'injected-bolus-at-night', ...words]);
    assert.equal(code, 2, err);
    assert.match(err, message);
  });
}

test('a file that does not exist and a folder that cannot be made: exit 2, before anything is run', async () => {
  const missing = await wardtwin(['validate', './nowhere/mine.yaml']);
  assert.equal(missing.code, 2);
  assert.match(missing.err, /mine\.yaml/);
  const inTheWay = join(folder, 'in-the-way');
  writeFileSync(inTheWay, '');
  const blocked = await wardtwin(['validate', 'injected-bolus-at-night', ...TINY, '--out', join(inTheWay, 'report')]);
  assert.equal(blocked.code, 2);
  assert.match(blocked.err, /--out/);
  assert.doesNotMatch(blocked.err, /verdicts to reach/);
});

const rootMayWriteAnywhere = process.getuid?.() === 0 ? { skip: 'root may write anywhere' } : {};

test('a folder that may not be written: exit 2, before anything is run', rootMayWriteAnywhere, async () => {
  const out = join(folder, 'read-only');
  mkdirSync(out, { mode: 0o555 });
  const { code, err } = await wardtwin(['validate', 'injected-bolus-at-night', ...TINY, '--out', out]);
  assert.equal(code, 2);
  assert.match(err, /--out/);
  assert.doesNotMatch(err, /verdicts to reach/);
});

test('interrupted: what is complete is written, and says that it is not all', async () => {
  const own = ownScenario(folder, { id: 'long', criteria: accepted });
  const out = join(folder, 'interrupted');
  const words = ['validate', own, ...TINY, '--runs', '5000', '--format', 'json,html,text', '--out', out];
  const { code, err } = await wardtwin(words, /\d+\/\d+ runs/);
  assert.equal(code, 130, err);
  assert.match(err, /interrupted/);
  const { complete, scenarios, verdict } = readReport(out);
  assert.deepEqual([complete, verdict], [false, 'undecided']);
  assert.ok(scenarios.length > 0 && scenarios.every(({ runs }) => runs >= 1 && runs < 5_000));
});

test('interrupted before the first run: a report without results, at once', async () => {
  const out = join(folder, 'early');
  const words = [
    'validate',
    'injected-bolus-at-night',
    '--jobs',
    '1',
    '--format',
    'json,html,junit,text',
    '--out',
    out,
  ];
  const { code, err } = await wardtwin(words, /verdicts to reach/);
  assert.equal(code, 130, err);
  const { complete, scenarios, verdict } = readReport(out);
  assert.deepEqual([complete, scenarios, verdict], [false, [], 'undecided']);
});
