import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSeverityCriteria } from '#edge/catalog/severity-policy';
import { classifySeverity, type GlycaemicMeasure } from '#model/hazard/severity';

const criteria = loadSeverityCriteria();

const HARMLESS: Readonly<Record<GlycaemicMeasure, number>> = {
  minutesBelow70: 0,
  minutesBelow54: 0,
  minutesBelow40: 0,
  minutesAbove180: 1440,
  minutesAbove250: 0,
  minutesAbove300: 0,
  lbgi: 0,
  hbgi: 100,
};

/** Criterion, measure, from where, the class it means, the class just before, and whether its source draws the line itself. */
const ROWS: readonly (readonly [string, GlycaemicMeasure, number, string, string, boolean])[] = [
  ['hypoglycaemia-level-1', 'minutesBelow70', 15, 'minor', 'negligible', true],
  ['hypoglycaemia-level-2', 'minutesBelow54', 15, 'serious', 'negligible', true],
  ['hypoglycaemia-level-3-proxy', 'minutesBelow40', 15, 'critical', 'negligible', false],
  ['hypoglycaemia-prolonged-profound', 'minutesBelow40', 180, 'catastrophic', 'critical', false],
  ['low-risk-index-moderate', 'lbgi', 2.5, 'minor', 'negligible', false],
  ['low-risk-index-high', 'lbgi', 5, 'serious', 'minor', false],
  ['hyperglycaemia-level-2', 'minutesAbove250', 120, 'minor', 'negligible', false],
  ['hyperglycaemia-ketosis', 'minutesAbove300', 240, 'serious', 'negligible', false],
  ['hyperglycaemia-ketoacidosis', 'minutesAbove300', 720, 'critical', 'serious', false],
];

for (const [id, measure, atLeast, severity, before, verified] of ROWS) {
  test(`${severity} from ${atLeast} of ${measure} on: ${id}`, () => {
    const reached = classifySeverity({ ...HARMLESS, [measure]: atLeast }, criteria);
    assert.equal(reached.severity, severity);
    assert.deepEqual(
      reached.determinedBy.map((criterion) => [criterion.id, criterion.verified]),
      [[id, verified]],
    );
    assert.equal(classifySeverity({ ...HARMLESS, [measure]: atLeast - 0.01 }, criteria).severity, before);
  });
}

test('every criterion has its row here', () => {
  assert.deepEqual(
    criteria.map(({ id }) => id),
    ROWS.map(([id]) => id),
  );
});
