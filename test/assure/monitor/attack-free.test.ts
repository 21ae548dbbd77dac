import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GuardPolicy } from '#assure/guard/policy';
import type { Playbook } from '#assure/incident/playbook';
import type { IncidentPolicy } from '#assure/incident/policy';
import { RULES } from '#assure/monitor/rule-table';
import { catalogRoot, listCatalogFiles } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import { readCatalogFile } from '#edge/catalog/read-catalog-file';
import { loadSeverityCriteria } from '#edge/catalog/severity-policy';
import { decodeThingModel } from '#model/thing/decode-thing-model';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import { runWard } from '#simulate/exercise/run-ward';
import type { DefenceSet, Ward } from '#simulate/exercise/scenario';

const read = <T>(kind: string, id: string, schema: string): T =>
  readCatalogFile<T>(`${catalogRoot}/${kind}/${id}.yaml`, schema);

const DEFINITION: ExerciseDefinition = {
  version: 'test',
  seed: 7,
  suite: 'attack-free',
  title: 'attack-free days',
  command: '',
  scenarios: [],
  wards: {},
  defenceSets: [],
  patients: [],
  looks: [1],
  confidence: 0.95,
  severityCriteria: loadSeverityCriteria(catalogRoot),
  incidentPolicy: read<IncidentPolicy>('policies', 'incident-standard', 'incident-policy'),
  playbooks: listCatalogFiles('playbooks').map(({ path }) => readCatalogFile<Playbook>(path, 'playbook')),
  thingModels: new Map(
    listCatalogFiles('things').map(({ id, path }) => [id, decodeThingModel(readCatalogFile(path, 'thing-model'))]),
  ),
  guardPolicies: {
    standard: read<GuardPolicy>('policies', 'guard-standard', 'guard-policy'),
    open: read<GuardPolicy>('policies', 'guard-open', 'guard-policy'),
  },
};

/** The statistical rules have a stated false rate of their own; all others look for what does not happen by itself. */
const STATISTICAL = ['divergence', 'unexplained-insulin-effect'];

for (const id of ['closed-loop-home', 'basal-bolus-home']) {
  test(`a day of a whole ward without an attack raises nothing: ${id}`, () => {
    const ward = read<Ward>('wards', id, 'ward');
    const platform = read<DefenceSet>('defences', 'platform', 'defence-sets');
    const monitor = [...RULES.keys()].filter((rule) => !STATISTICAL.includes(rule));
    const outcome = runWard(DEFINITION, {
      ward,
      defenceSet: { ...platform, platform: { ...platform.platform, monitor } },
      patient: loadPatients(catalogRoot)('adult#004'),
      run: 0,
      horizonMin: 1_440,
      commissioned: undefined,
    });
    assert.ok(outcome.platform.messages > 280, 'the ward was alive');
    assert.deepEqual(
      outcome.platform.findings.map(({ statement }) => statement),
      [],
    );
    assert.deepEqual(outcome.platform.incidents, []);
  });
}
