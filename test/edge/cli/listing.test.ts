import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownScenario, temporaryFolder, wardtwin } from './command-line.ts';

const folder = temporaryFolder();

test('the catalog is listed as text and as JSON, the same scenarios in both', async () => {
  const [json, text] = await Promise.all([wardtwin(['scenarios', '--format', 'json']), wardtwin(['scenarios'])]);
  assert.deepEqual([json.code, text.code], [0, 0]);
  const listing = JSON.parse(json.out) as {
    readonly scenarios: readonly { readonly id: string; readonly standsFor: unknown[]; readonly criteria: object }[];
    readonly techniques: readonly { readonly id: string }[];
    readonly suites: readonly { readonly id: string }[];
  };
  assert.ok(listing.scenarios.length >= 20);
  assert.ok(listing.suites.some(({ id }) => id === 'closed-loop-insulin'));
  for (const { id, standsFor, criteria } of listing.scenarios) {
    assert.ok(text.out.includes(id));
    assert.ok(standsFor.length > 0 && Object.hasOwn(criteria, 'none'), id);
  }
});

test('a run is repeated with its timeline, the same twice', async () => {
  const own = ownScenario(folder, { criteria: '  none:\n    - { metric: prevented, relation: at-most, bound: 0.9 }' });
  const words = ['replay', '--scenario', own, '--patient', 'adult#001', '--seed', '3', '--defences', 'monitor-only'];
  const [first, second] = await Promise.all([wardtwin(words), wardtwin(words)]);
  assert.equal(first.code, 0, first.err);
  assert.equal(second.out, first.out);
  assert.match(first.out, /seed 3, defences monitor-only/);
  assert.match(first.out, /attack +bolus: forged bolus command of 10 U transmitted/);
  assert.match(first.out, /detection +insulin-reconciliation/);
  assert.match(first.out, /prevented: no; detected: by insulin-reconciliation/);
});

test('a command that there is not, or none: exit 2 and what there is; help: exit 0', async () => {
  const [unknown, help, version] = await Promise.all([
    wardtwin(['validat']),
    wardtwin(['--help']),
    wardtwin(['--version']),
  ]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /validat/);
  assert.deepEqual([help.code, version.code], [0, 0]);
  for (const command of ['validate', 'scenarios', 'replay', 'physiology']) assert.match(help.out, new RegExp(command));
  assert.match(version.out, /^\d+\.\d+\.\d+/);
});
