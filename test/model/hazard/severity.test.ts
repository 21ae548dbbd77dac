import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadSeverityCriteria } from '#edge/catalog/severity-policy';
import { createGlycaemicAccumulator, type GlycaemicMetrics } from '#model/hazard/glycaemic-metrics';
import { classifySeverity, severityRank } from '#model/hazard/severity';

const criteria = loadSeverityCriteria(catalogRoot);

function metricsOf(glucose: readonly number[]): GlycaemicMetrics {
  const accumulator = createGlycaemicAccumulator();
  for (const value of glucose) accumulator.push(value);
  return accumulator.metrics();
}

/** A day at 110 mg/dL with `minutes` of it at `glucose`. */
const dayWith = (minutes: number, glucose: number): GlycaemicMetrics =>
  metricsOf([...Array<number>(1440 - minutes).fill(110), ...Array<number>(minutes).fill(glucose)]);

const severityOf = (metrics: GlycaemicMetrics): string => classifySeverity(metrics, criteria).severity;

test('the classes follow depth and duration', () => {
  assert.equal(severityOf(dayWith(0, 0)), 'negligible');
  assert.equal(severityOf(dayWith(14, 65)), 'negligible');
  assert.equal(severityOf(dayWith(15, 65)), 'minor');
  assert.equal(severityOf(dayWith(15, 50)), 'serious');
  assert.equal(severityOf(dayWith(15, 30)), 'critical');
  assert.equal(severityOf(dayWith(180, 30)), 'catastrophic');
  assert.equal(severityOf(dayWith(120, 260)), 'minor');
  assert.equal(severityOf(dayWith(240, 310)), 'serious');
  assert.equal(severityOf(dayWith(720, 310)), 'critical');
});

test('a verdict names the criteria that determined it, and only those', () => {
  const verdict = classifySeverity(dayWith(15, 30), criteria);
  assert.deepEqual(
    verdict.determinedBy.map((criterion) => criterion.id),
    ['hypoglycaemia-level-3-proxy'],
  );
  assert.deepEqual(classifySeverity(dayWith(0, 0), criteria).determinedBy, []);
});

test('longer is never milder', () => {
  const depth = fc.double({ min: 10, max: 400, noNaN: true });
  fc.assert(
    fc.property(depth, fc.integer({ min: 1, max: 700 }), fc.integer({ min: 0, max: 700 }), (glucose, shorter, more) => {
      const mild = classifySeverity(dayWith(shorter, glucose), criteria).severity;
      const harsh = classifySeverity(dayWith(shorter + more, glucose), criteria).severity;
      assert.ok(severityRank(harsh) >= severityRank(mild));
    }),
    { numRuns: 60 },
  );
});

test('every criterion has a source, and a line of our own says that it is', () => {
  for (const criterion of criteria) {
    assert.ok(criterion.source.length > 20, criterion.id);
    if (!criterion.verified) assert.match(criterion.source, /project|stated for|no glucose value/, criterion.id);
  }
});
