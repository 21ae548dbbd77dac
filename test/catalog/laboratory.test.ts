import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHECKS } from '#assure/guard/check-table';
import { RULES } from '#assure/monitor/rule-table';
import { catalogRoot, listCatalogFiles } from '#edge/catalog/catalog-directory';
import {
  loadGuardPolicy,
  loadIncidentPolicy,
  loadLaboratory,
  loadPlaybooks,
  loadThingModels,
} from '#edge/catalog/laboratory';
import { loadSeverityCriteria } from '#edge/catalog/severity-policy';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { UNDEFENDED } from '#simulate/exercise/exercise-definition';

const laboratory = loadLaboratory();
const scenarios = [...laboratory.scenarios.values()];
const sets = [...laboratory.defenceSets.values()];
const playbooks = loadPlaybooks();
/** `rule-failed` is what the monitor itself finds about a rule that throws. */
const rules = new Set([...RULES.keys(), 'rule-failed']);

const unknownRules = (ids: readonly string[] | undefined): readonly string[] =>
  (ids ?? []).filter((id) => !rules.has(id));

test('all of the catalog is read without a fault, and under the names of its files', () => {
  for (const [kind, loaded] of [
    ['scenarios', laboratory.scenarios],
    ['wards', laboratory.wards],
    ['defences', laboratory.defenceSets],
    ['suites', laboratory.suites],
  ] as const) {
    assert.deepEqual(
      [...loaded.keys()],
      listCatalogFiles(kind).map(({ id }) => id),
    );
  }
  assert.equal(playbooks.length, listCatalogFiles('playbooks').length);
  assert.equal(loadThingModels().size, listCatalogFiles('things').length);
  assert.ok(loadSeverityCriteria(catalogRoot).length > 0);
});

test('there are at least twenty scenarios, each with its source and a claim that the undefended system is hurt or blinded', () => {
  assert.ok(scenarios.length >= 20);
  for (const { id, standsFor, criteria } of scenarios) {
    assert.ok(standsFor.length > 0 && standsFor.every(({ text }) => text.length > 5), id);
    assert.ok((criteria['none'] ?? []).length > 0, `${id} claims something of the undefended set`);
  }
});

test('every technique is used by a scenario', () => {
  const used = new Set(scenarios.flatMap(({ campaign }) => campaign.steps.map(({ technique }) => technique)));
  assert.deepEqual(
    [...TECHNIQUES.keys()].filter((id) => !used.has(id)),
    [],
  );
});

test('every CVE of a scenario is written as CVEs are', () => {
  for (const { id, standsFor } of scenarios) {
    for (const cve of standsFor.flatMap((source) => source.cve ?? [])) assert.match(cve, /^CVE-\d{4}-\d{4,}$/, id);
  }
});

test('the main suite makes a claim for every scenario with each of its defence sets', () => {
  const suite = laboratory.suites.get('closed-loop-insulin')!;
  assert.deepEqual(suite.defenceSets, ['none', 'device', 'platform', 'all']);
  const silent = scenarios.flatMap(({ id, criteria }) =>
    suite.defenceSets.filter((set) => (criteria[set] ?? []).length === 0).map((set) => `${id} with ${set}`),
  );
  assert.deepEqual(silent, []);
});

test('each claim can be decided by the runs that the main suite makes', () => {
  const suite = laboratory.suites.get('closed-loop-insulin')!;
  const most = suite.looks.at(-1)!;
  for (const { id, criteria } of scenarios) {
    for (const { relation, bound } of Object.values(criteria).flat()) {
      // With all runs showing it, the exact bound at half of the error each is this.
      const alpha = (1 - suite.confidence) / suite.looks.length;
      const best = (alpha / 2) ** (1 / most);
      assert.ok(relation === 'at-least' ? bound <= best : bound >= 1 - best, `${id}: ${relation} ${bound}`);
    }
  }
});

test('defence sets name rules that there are, and `none` is the undefended system', () => {
  for (const { id, platform } of sets) {
    assert.deepEqual(platform.monitor === 'all' ? [] : unknownRules(platform.monitor), [], id);
  }
  const none = laboratory.defenceSets.get('none')!;
  assert.deepEqual([none.device, none.platform], [UNDEFENDED.device, UNDEFENDED.platform]);
});

test('each defence of the devices is on in `all` and `device`, and can be had alone', () => {
  const { device } = laboratory.defenceSets.get('all')!;
  assert.ok(Object.values(device).every(Boolean));
  assert.deepEqual(laboratory.defenceSets.get('device')!.device, device);
  for (const name of Object.keys(device)) {
    const alone = sets.some((set) => Object.entries(set.device).every(([other, isOn]) => isOn === (other === name)));
    assert.ok(alone, `a set with \`${name}\` alone`);
  }
});

test('playbooks and the incident policy speak of rules and devices that there are', () => {
  const things = new Set(['cgm', 'pump', 'handset', 'gateway', 'platform', 'history']);
  for (const { id, triggers, source } of playbooks) {
    assert.ok(source.length > 10, id);
    for (const trigger of triggers) {
      assert.deepEqual(unknownRules(trigger.rules), [], id);
      assert.deepEqual(
        (trigger.things ?? []).filter((thing) => !things.has(thing)),
        [],
        id,
      );
    }
  }
  for (const { id, rules: named } of loadIncidentPolicy().criteria) assert.deepEqual(unknownRules(named), [], id);
});

test('one playbook takes every incident for which no other is meant, and precedences differ', () => {
  assert.ok(playbooks.some(({ triggers }) => triggers.some((trigger) => Object.keys(trigger).length === 0)));
  const precedences = playbooks.map(({ precedence }) => precedence);
  assert.equal(new Set(precedences).size, precedences.length);
});

test('the guard checks what it knows, on actions that the pump has; only the open one permits unchecked', () => {
  const pump = loadThingModels().get('insulin-pump')!;
  for (const name of ['standard', 'open'] as const) {
    const policy = loadGuardPolicy(name);
    for (const [action, { checks, permitAuthorised }] of Object.entries(policy.actions)) {
      assert.ok(action === 'alert' || pump.actions.has(action), action);
      for (const { kind } of checks) assert.ok(Object.hasOwn(CHECKS, kind), kind);
      assert.equal(permitAuthorised === true, name === 'open', `${name}: ${action}`);
    }
  }
});

test('what a playbook may command is something that the standard guard judges', () => {
  const { actions } = loadGuardPolicy('standard');
  for (const action of ['fallBackToSafeBasal', 'revokeLink']) assert.ok((actions[action]?.checks.length ?? 0) > 0);
});

test('every ward can be lived in: meals within a day, shares that are shares, a pump that is not empty', () => {
  for (const { id, life, pump, remote, caregiver } of laboratory.wards.values()) {
    for (const { atMinute } of life.meals) assert.ok(atMinute >= 0 && atMinute < 1_440, id);
    assert.ok(pump.reservoirUnits > 0 && pump.batteryPercent > 0, id);
    assert.ok(remote.shareOfMealBoluses + (caregiver?.shareOfMealBoluses ?? 0) <= 1, id);
    assert.ok(remote.enabled || remote.shareOfMealBoluses === 0, id);
  }
});
