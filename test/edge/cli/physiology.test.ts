import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import { type PhysiologyRunOptions, runPhysiology } from '#edge/cli/run-physiology';
import { playDay, REFERENCE_MEALS } from '../../model/physiology/basal-bolus-day.ts';

const folder = mkdtempSync(join(tmpdir(), 'wardtwin-physiology-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const HEADER = 't_min,carbs_g_per_min,insulin_u_per_min';
const inputs = join(folder, 'in.csv');
const out = join(folder, 'out.csv');

async function run(text: string, options: Partial<PhysiologyRunOptions> = {}) {
  writeFileSync(inputs, text);
  const lines: string[] = [];
  const errors: string[] = [];
  const code = await runPhysiology(
    { model: 'uva-padova-2008', patient: 'adult#003', inputs, step: 0.5, out, ...options },
    { line: (line) => lines.push(line), error: (line) => errors.push(line) },
  );
  return { code, lines, errors };
}

const readOut = (): readonly (readonly string[])[] =>
  readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));

test('the reference day comes out as the plant has it, one row a minute, minute 0 included', async () => {
  const patient = loadPatients(catalogRoot)('adult#003');
  const basal = patient.basalRate / 60;
  const rows = [HEADER, `0,0,${basal}`];
  for (const { minute, grams } of REFERENCE_MEALS) {
    rows.push(
      `${minute},5,${basal + grams / patient.carbRatio}`,
      `${minute + 1},5,${basal}`,
      `${minute + grams / 5},0,${basal}`,
    );
  }
  const { code, errors } = await run(`${rows.join('\n')}\n`, { durationMin: 1440 });
  assert.equal(code, 0);
  assert.deepEqual(errors, []);
  const [header, ...written] = readOut();
  assert.deepEqual(header, ['t_min', 'plasma_glucose_mg_dl', 'interstitial_glucose_mg_dl']);
  assert.equal(written.length, 1441);
  const expected = playDay(patient, { stepMin: 0.5, durationMin: 1440, meals: REFERENCE_MEALS });
  for (const [minute, row] of written.entries()) {
    assert.equal(row[0], String(minute));
    assert.ok(Math.abs(Number(row[2]) - expected[minute]!) < 1e-6, `minute ${minute}`);
  }
});

test('without a duration the run ends at the last row', async () => {
  assert.equal((await run(`${HEADER}\r\n0,0,0.02\r\n30,0,0.02\r\n`)).code, 0);
  assert.equal(readOut().length, 1 + 31);
  assert.equal((await run(`${HEADER}\n0,0,0.02`)).code, 0);
  assert.equal(readOut().length, 1 + 1);
  assert.equal((await run(`${HEADER}\n0,0,0.02\n60,0,0`, { durationMin: 10 })).code, 0);
  assert.equal(readOut().length, 1 + 11);
});

test('a row that begins within a minute counts for its share of it', async () => {
  await run(`${HEADER}\n0,0,0\n10.25,0,4\n10.75,0,0`, { durationMin: 60 });
  const split = readOut();
  await run(`${HEADER}\n0,0,0\n10,0,2\n11,0,0`, { durationMin: 60 });
  assert.deepEqual(split, readOut());
});

test('below 40 mg/dL is told as an event, once, with its minute', async () => {
  const { code, errors } = await run(`${HEADER}\n0,0,0.02\n60,0,25\n61,0,0.02`, { durationMin: 480 });
  assert.equal(code, 0);
  assert.equal(errors.length, 1);
  assert.match(
    errors[0]!,
    /^event: plasma glucose below 40 mg\/dL from minute 1\d\d; the model has no counter-regulation/,
  );
});

test('the second model runs too', async () => {
  const { code } = await run(`${HEADER}\n0,0,0`, { model: 'hovorka-2004', patient: 'hovorka#7', durationMin: 120 });
  assert.equal(code, 0);
  assert.ok(Math.abs(Number(readOut()[1]![1]) - 120) < 1e-5);
  assert.ok(Number(readOut().at(-1)![1]) > 121);
});

/** Every bad file gets one error, which names its line, and exit code 2. */
const BAD_FILES: readonly (readonly [string, string, RegExp])[] = [
  ['no header', '0,0,0\n', /in\.csv:1: the header is `0,0,0`; it has to be `t_min,/],
  ['empty', '', /in\.csv:1: the header is ``/],
  ['no rows', `${HEADER}\n`, /in\.csv:1: no row follows/],
  ['a missing value', `${HEADER}\n0,0\n`, /in\.csv:2: `2` values; a row has `3`/],
  ['an empty value', `${HEADER}\n0,,0\n`, /in\.csv:2: carbs_g_per_min is ``/],
  ['a word', `${HEADER}\n0,0,0\n5,0,much\n`, /in\.csv:3: insulin_u_per_min is `much`; it has to be a number from 0/],
  ['a negative dose', `${HEADER}\n0,0,-0.1\n`, /in\.csv:2: insulin_u_per_min is `-0.1`/],
  ['infinity', `${HEADER}\n0,Infinity,0\n`, /in\.csv:2: carbs_g_per_min is `Infinity`/],
  ['time standing still', `${HEADER}\n0,0,0\n5,0,0\n5,0,0\n`, /in\.csv:4: t_min is `5`; it has to be after `5`/],
  ['a late start', `${HEADER}\n3,0,0\n`, /in\.csv:2: t_min of the first row is `3`/],
  ['a blank line within', `${HEADER}\n0,0,0\n\n5,0,0\n`, /in\.csv:3: `1` values/],
  ['centuries', `${HEADER}\n0,0,0\n1e9,0,0\n`, /in\.csv:3: t_min is `1e9`; it has to be a number from 0 to 527040 min/],
];

for (const [name, text, message] of BAD_FILES) {
  test(`a bad file is refused with one error: ${name}`, async () => {
    const { code, errors } = await run(text);
    assert.equal(code, 2);
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, message);
  });
}

test('bad options are refused with one error', async () => {
  const good = `${HEADER}\n0,0,0\n`;
  const cases: readonly (readonly [Partial<PhysiologyRunOptions>, RegExp])[] = [
    [{ step: 0.3 }, /--step is `0.3`/],
    [{ step: 0 }, /--step is `0`/],
    [{ step: Number.NaN }, /--step is `NaN`/],
    [{ step: 1e-6 }, /--step is `0.000001`/],
    [{ durationMin: -1 }, /--duration-min is `-1`/],
    [{ durationMin: 1e7 }, /--duration-min is `10000000`/],
    [{ model: 'bergman' }, /--model is `bergman`; there are/],
    [{ model: 'hovorka-2004' }, /`adult#003` is a person of `uva-padova-2008`/],
    [{ patient: 'adult#099' }, /patient `adult#099` is not in the catalog/],
    [{ inputs: join(folder, 'absent.csv') }, /absent\.csv: cannot be read/],
    [{ out: join(folder, 'no', 'such', 'folder.csv') }, /--out .* cannot be written/],
  ];
  for (const [options, message] of cases) {
    const { code, errors } = await run(good, options);
    assert.equal(code, 2);
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, message);
  }
});
