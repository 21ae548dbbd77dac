import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { inColour, plain } from '#edge/cli/watch/paint';
import { frameOf, trendOf } from '#edge/cli/watch/twin-frame';
import type { TwinReading } from '#edge/cli/watch/twin-reading';

const AT = Date.UTC(2026, 0, 5, 12);

const TWIN: TwinReading = {
  subject: 'p-1',
  ward: 'home',
  at: AT,
  things: [
    { role: 'gateway', connection: { state: 'connected' }, stalenessMs: MINUTE },
    { role: 'pump', connection: { state: 'never' } },
  ],
  reported: {
    cgm: { glucose: { value: 62, at: new Date(AT - 20 * MINUTE).toISOString() } },
    pump: { basalRate: { value: 1.2, at: '' }, reservoir: { value: 180.5, at: '' } },
  },
  predicted: { glucoseMgPerDl: 58.4, stalenessMs: 0 },
  incidents: [{ id: 'incident-1', phase: 'declared', criterion: 'therapy' }],
  past: Array.from({ length: 12 }, (_, index) => ({ at: AT - (60 - 5 * index) * MINUTE, value: 120 - 5 * index })),
  forecast: Array.from({ length: 24 }, (_, index) => ({
    at: AT + 5 * (index + 1) * MINUTE,
    mean: 60,
    low: 45,
    high: 85,
  })),
  findings: [{ at: '2026-01-05T11:50:00.000Z', rule: 'silence', statement: 'cgm: silent' }],
};

test('a twin is shown as a person reads it', () => {
  const lines = frameOf(TWIN, plain);
  assert.equal(lines[0], 'p-1  home  2026-01-05 12:00:00');
  assert.equal(lines[1], 'glucose   62 mg/dL ↘, 20 min old  (twin estimates 58)');
  assert.deepEqual(lines.slice(-4), [
    'insulin   basal 1.2 U/h, reservoir 180.5 U',
    'devices   gateway connected, 1 min  pump not heard yet',
    'incident  incident-1 declared: therapy',
    'finding   11:50 silence: cgm: silent',
  ]);
  const plot = lines.slice(2, -4);
  assert.equal(plot.join('\n').match(/\*/g)?.length, 12);
  assert.equal(plot.join('\n').match(/o/g)?.length, 25, '24 points, and the axis says now');
});

test('colour is for terminals only', () => {
  assert.equal(frameOf(TWIN, plain).join('').includes('\u001b'), false);
  assert.equal(frameOf(TWIN, inColour).join('').includes('\u001b[33m62'), true);
});

test('a trend is what changed within a quarter of an hour', () => {
  assert.deepEqual(
    [[100, 100, 100, 114], [100, 0, 0, 115], [100, 0, 0, 130], [100, 0, 0, 70], [100, 0, 0, 85], [100]].map(trendOf),
    ['→', '↗', '↑', '↓', '↘', ''],
  );
});
