import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { DEFAULT_SUITE, defineExercise } from '#edge/exercise/define-exercise';

const laboratory = loadLaboratory();
const folder = mkdtempSync(join(tmpdir(), 'wardtwin-define-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('nothing asked for is the main suite; the complete one has every scenario of the catalog', () => {
  const definition = defineExercise(laboratory, {});
  assert.equal(definition.suite, DEFAULT_SUITE);
  assert.ok(definition.scenarios.length >= 20);
  assert.equal(definition.command, 'npx wardtwin validate');
  const complete = defineExercise(laboratory, { what: 'closed-loop-insulin-complete' });
  assert.deepEqual(
    complete.scenarios.map(({ id }) => id),
    [...laboratory.scenarios.keys()],
  );
});

test('a scenario alone is exercised with every defence set that it makes a claim for, in the order of the main suite', () => {
  const definition = defineExercise(laboratory, { what: 'encrypted-readings-replayed' });
  const ids = definition.defenceSets.map(({ id }) => id);
  const claimed = Object.keys(laboratory.scenarios.get('encrypted-readings-replayed')!.criteria);
  assert.deepEqual(ids.toSorted(), claimed.toSorted());
  assert.deepEqual(ids.slice(0, 1), ['none']);
});

test('what is different in a scenario’s ward is different there and nowhere else', () => {
  const definition = defineExercise(laboratory, { what: 'injected-bolus-at-night' });
  const [scenario] = definition.scenarios;
  const ward = definition.wards[scenario!.ward]!;
  const base = laboratory.wards.get('closed-loop-home')!;
  assert.deepEqual(ward, { ...base, startMinute: 1_320 });
  assert.deepEqual(definition.wards['closed-loop-home'], base);
});

test('a ward of one’s own takes the place of every scenario’s ward', () => {
  const path = join(folder, 'my-ward.yaml');
  const text = readFileSync(join(catalogRoot, 'wards', 'closed-loop-home.yaml'), 'utf8');
  writeFileSync(path, text.replace('id: closed-loop-home', 'id: my-ward').replace('loss: 0.01', 'loss: 0.2'));
  const definition = defineExercise(laboratory, { what: 'injected-bolus-at-night', ward: path });
  const ward = definition.wards[definition.scenarios[0]!.ward]!;
  assert.deepEqual([ward.id, ward.radio.loss, ward.startMinute], ['my-ward', 0.2, 1_320]);
});

test('a ward in which the adversary would come before or after the run is refused, not run in vain', () => {
  const path = join(folder, 'late.yaml');
  const text = readFileSync(join(catalogRoot, 'wards', 'closed-loop-home.yaml'), 'utf8');
  writeFileSync(
    path,
    text.replace('id: closed-loop-home', 'id: late').replace('startMinute: 360', 'startMinute: 1400'),
  );
  const inTheMorning = [...laboratory.scenarios.values()].find(
    ({ wardOverrides, campaign }) =>
      wardOverrides?.startMinute === undefined &&
      campaign.steps.some(({ start }) => start.kind === 'at' && start.minute < 1_400),
  )!;
  assert.throws(() => defineExercise(laboratory, { what: inTheMorning.id, ward: path }), {
    code: 'exercise.outside-run',
    message: /outside the run, which in this ward lasts from minute 1400/,
  });
});

test('patients of the command line are those of every scenario, one’s own included', () => {
  const path = join(folder, 'injected-bolus-at-night.yaml');
  copyFileSync(join(catalogRoot, 'scenarios', 'injected-bolus-at-night.yaml'), path);
  writeFileSync(path, `${readFileSync(path, 'utf8')}patients: ['adult#009']\n`);
  const own = defineExercise(laboratory, { what: path });
  assert.deepEqual(own.scenarios[0]!.patients, ['adult#009']);
  const wished = defineExercise(laboratory, { what: path, patients: ['adult#001', 'hovorka#7'] });
  assert.deepEqual(wished.scenarios[0]!.patients, ['adult#001', 'hovorka#7']);
});

test('the command that repeats an exercise says all that was asked for, quoted for a shell', () => {
  const { command } = defineExercise(laboratory, {
    what: 'injected-bolus-at-night',
    patients: ['adult#001', 'adult#002'],
    defences: ['none', 'all'],
    runs: 4,
    seed: 9,
  });
  assert.equal(
    command,
    "npx wardtwin validate injected-bolus-at-night --patients 'adult#001,adult#002' --defences none,all --runs 4 --seed 9",
  );
});

test('few runs are looked at once, many twice', () => {
  const looks = (runs: number): readonly number[] => defineExercise(laboratory, { what: 'radio-jammed', runs }).looks;
  assert.deepEqual([looks(1), looks(19), looks(20), looks(41)], [[1], [19], [10, 20], [21, 41]]);
  for (const runs of [0, 1.5, 100_001]) assert.throws(() => looks(runs), { code: 'exercise.runs' });
});

test('what there is not is named, with what was probably meant', () => {
  assert.throws(() => defineExercise(laboratory, { what: 'radio-jamed' }), {
    code: 'exercise.unknown',
    message: /did you mean `radio-jammed`\?/,
  });
  assert.throws(() => defineExercise(laboratory, { what: './radio-jammed.yaml' }), { code: 'exercise.no-file' });
  assert.throws(() => defineExercise(laboratory, { defences: ['al'] }), { code: 'exercise.unknown-defences' });
  assert.throws(() => defineExercise(laboratory, { patients: ['adult#011'] }), /adult#011/);
});
