import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openCatalogFile } from '#edge/catalog/read-catalog-file';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import type { DefenceSet, Scenario, Suite, Ward } from '#simulate/exercise/scenario';
import { type Known, scenarioFaults, suiteFaults } from '#simulate/exercise/scenario-faults';

const CATALOG = fileURLToPath(new URL('../../../catalog', import.meta.url));

function openAll<T extends { readonly id: string }>(folder: string, schema: string) {
  return readdirSync(join(CATALOG, folder)).map((file) => openCatalogFile<T>(join(CATALOG, folder, file), schema));
}

const scenarios = openAll<Scenario>('scenarios', 'scenario');
const suites = openAll<Suite>('suites', 'suite');
const wards = openAll<Ward>('wards', 'ward');
const defences = openAll<DefenceSet>('defences', 'defence-sets');

const known: Known = {
  techniques: TECHNIQUES,
  wards: new Map(wards.map(({ data }) => [data.id, data])),
  defenceSets: new Set(defences.map(({ data }) => data.id)),
  scenarios: new Set(scenarios.map(({ data }) => data.id)),
  isPatient: (id) => /^adult#0(0[1-9]|10)$/.test(id),
};

test('every file of the catalog bears the name of what it holds', () => {
  for (const { path, data } of [...scenarios, ...suites, ...wards, ...defences]) {
    assert.equal(data.id, basename(path, '.yaml'));
  }
});

test('no scenario and no suite has a fault', () => {
  for (const file of scenarios) file.fail(scenarioFaults(file.data, known));
  for (const file of suites) file.fail(suiteFaults(file.data, known));
});

test('every technique is exercised by a scenario', () => {
  const exercised = new Set(scenarios.flatMap(({ data }) => data.campaign.steps.map(({ technique }) => technique)));
  assert.deepEqual(
    [...TECHNIQUES.keys()].filter((id) => !exercised.has(id)),
    [],
  );
});

test('every scenario claims something of the undefended system: one that shows nothing proves nothing', () => {
  for (const { data } of scenarios) assert.ok((data.criteria['none']?.length ?? 0) > 0, data.id);
});

test('every defence can be switched on alone', () => {
  const alone = defences
    .map(({ data }) => Object.values(data.device).filter(Boolean).length)
    .filter((count) => count === 1);
  assert.equal(alone.length, 7);
});
