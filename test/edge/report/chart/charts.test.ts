import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GlucoseBand, RepresentativeRun, TimelineMark } from '#simulate/exercise/exercise-report';
import { delayDistributionChart } from '../../../../src/edge/report/chart/delay-distribution.ts';
import { glucoseBandsChart } from '../../../../src/edge/report/chart/glucose-bands.ts';
import { glucoseScale } from '../../../../src/edge/report/chart/glucose-levels.ts';
import { insulinChart } from '../../../../src/edge/report/chart/insulin.ts';
import { timelineChart, timelineSummary } from '../../../../src/edge/report/chart/timeline.ts';
import type { Markup } from '../../../../src/edge/report/markup.ts';

const NAMES = { id: 'c', title: 'a chart' };

test('a median at the end of validity is told as an event, not as a number', () => {
  const attacked = flatBand(120, 40);
  const text = description(glucoseBandsChart(NAMES, { attacked, baseline: flatBand(120, 95) }, 30));
  assert.match(text, /attacked runs falls to 40 mg\/dL or less at 00:05/);
  assert.match(text, /baseline is lowest at 00:05 with 95 mg\/dL/);
});

test('a dip of one step in a long band is still drawn', () => {
  const steps = 2_016;
  const values = Array.from({ length: steps }, (_, step) => (step === 1_000 ? 41 : 120));
  const band = { ...flatBand(120), q05: values, q25: values, median: values, q75: values, q95: values };
  const svg = glucoseBandsChart(NAMES, { attacked: band, baseline: band }, undefined).text;
  const path = /class="attacked-band" d="([^"]*)"/.exec(svg)![1]!;
  assert.ok(path.length < 3_000, 'merged points keep the drawing small');
  const scale = glucoseScale(10, 188);
  assert.ok(Math.abs(lowestY(path) - scale(41)) < 0.1);
});

test('glucose beyond the drawn range lies on its edge', () => {
  const scale = glucoseScale(0, 100);
  assert.equal(scale(500), 0);
  assert.equal(scale(10), 100);
  assert.ok(scale(54) - scale(70) > scale(230) - scale(246), 'the low range is drawn wider than the high one');
});

test('insulin is told as sums', () => {
  const run = { ...RUN, commanded: [1, 0.5, 0.5], delivered: [1, 6.5, 0.5], baselineDelivered: [1, 0.5, 0.5] };
  assert.match(description(insulinChart(NAMES, run)), /8 delivered, 2 commanded, 2 delivered in the baseline/);
});

test('a timeline is summed up from the first act of the adversary', () => {
  assert.equal(timelineSummary(RUN), 'The adversary did not act.');
  assert.equal(
    timelineSummary({ ...RUN, marks: [mark('attack', 480), mark('detection', 492), mark('harm', 630)] }),
    'Attacked at 08:00; detected after 12\u00a0min, not contained, first harm after 2.5\u00a0h.',
  );
});

test('a run that is attacked every second still gives a small drawing', () => {
  const marks = Array.from({ length: 86_400 }, (_, second) => mark('attack', second / 60));
  assert.ok(timelineChart(NAMES, { ...RUN, marks }).text.length < 20_000);
});

test('a line of the delay distribution ends at the share that was detected', () => {
  const series = [
    { label: 'none', histogram: { binMin: 5, counts: [] }, runs: 10 },
    { label: 'all', histogram: { binMin: 5, counts: [2, 0, 7] }, runs: 10 },
  ];
  const chart = delayDistributionChart(NAMES, series);
  assert.match(description(chart), /none none; all 90\u00a0%, the last after at most 15\u00a0min\./);
  const path = /class="delay-line style-1" d="([^"]*)"/.exec(chart.text)![1]!;
  assert.ok(Math.abs(coordinates(path).at(-1)!.y - (150 - 0.9 * (150 - 12))) < 0.1);
});

const RUN: RepresentativeRun = {
  patient: 'adult#001',
  run: 1,
  startMin: 0,
  stepMin: 5,
  glucose: [120, 110, 100],
  baselineGlucose: [120, 120, 120],
  commanded: [],
  delivered: [],
  baselineDelivered: [],
  marks: [],
};

const mark = (lane: TimelineMark['lane'], atMin: number): TimelineMark => ({ lane, atMin, untilMin: null, text: lane });

function flatBand(...values: readonly number[]): GlucoseBand {
  return { startMin: 0, stepMin: 5, q05: values, q25: values, median: values, q75: values, q95: values };
}

const description = (chart: Markup): string => /<desc[^>]*>([^<]*)</.exec(chart.text)![1]!;

const lowestY = (path: string): number => Math.max(...coordinates(path).map(({ y }) => y));

/** The absolute points of a path in relative steps. */
function coordinates(path: string): readonly { readonly x: number; readonly y: number }[] {
  const numbers = [...path.matchAll(/-?(?:\d+\.?\d*|\.\d+)/g)].map(([text]) => Number(text));
  let [x, y] = [0, 0];
  return Array.from({ length: numbers.length / 2 }, (_, index) => {
    x += numbers[2 * index]!;
    y += numbers[2 * index + 1]!;
    return { x, y };
  });
}
