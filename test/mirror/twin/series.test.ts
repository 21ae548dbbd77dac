import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#base/fault';
import { samplesOf } from '#mirror/twin/property-samples';
import { createSeries, MOST_BUCKETS, seriesOf } from '#mirror/twin/series';
import { reportOf } from './identifiable-ward.ts';

const MINUTE = { from: 0, to: 600_000, resolutionSec: 60 };
const samples = fc.array(
  fc.record({ at: fc.integer({ min: -60_000, max: 700_000 }), value: fc.double({ min: -1e6, max: 1e6, noNaN: true }) }),
  { maxLength: 200 },
);

describe('a series', () => {
  it('nothing_within_the_period_is_lost: every sample is in exactly one bucket, between its least and its most', () => {
    fc.assert(
      fc.property(samples, (given) => {
        const buckets = seriesOf(given, MINUTE);
        const within = given.filter(({ at }) => at >= 0 && at < 600_000);
        assert.equal(
          buckets.reduce((sum, { count }) => sum + count, 0),
          within.length,
        );
        for (const bucket of buckets) {
          assert.ok(bucket.kind === 'numbers');
          const own = within
            .filter(({ at }) => at >= bucket.from && at < bucket.from + 60_000)
            .map(({ value }) => value);
          assert.equal(bucket.min, Math.min(...own));
          assert.equal(bucket.max, Math.max(...own));
          assert.ok(bucket.min <= bucket.mean && bucket.mean <= bucket.max);
        }
      }),
    );
  });

  it('order_does_not_matter: samples of different instants may come in any order', () => {
    fc.assert(
      fc.property(samples, (given) => {
        const distinct = [...new Map(given.map((sample) => [sample.at, sample])).values()];
        const rounded = distinct.map(({ at, value }) => ({ at, value: Math.round(value) }));
        assert.deepEqual(seriesOf(rounded.toReversed(), MINUTE), seriesOf(rounded, MINUTE));
      }),
    );
  });

  it('can be read while it is filled', () => {
    const series = createSeries(MINUTE);
    series.add({ at: 1_000, value: 5 });
    const numbers = { kind: 'numbers', from: 0, first: 5, min: 5 } as const;
    assert.deepEqual(series.buckets(), [{ ...numbers, count: 1, last: 5, max: 5, mean: 5 }]);
    series.add({ at: 2_000, value: 7 });
    assert.deepEqual(series.buckets(), [{ ...numbers, count: 2, last: 7, max: 7, mean: 6 }]);
  });

  it('of what is no number tells the last and how often', () => {
    const states = ['delivering', 'suspended', 'delivering'].map((value, index) => ({ at: index * 1_000, value }));
    assert.deepEqual(seriesOf(states, MINUTE), [{ kind: 'values', from: 0, count: 3, last: 'delivering' }]);
  });

  it('refuses what it would not answer in bounded memory, and says what to ask for', () => {
    const code = (request: Parameters<typeof createSeries>[0]): string => {
      try {
        createSeries(request);
      } catch (fault) {
        return fault instanceof Fault ? fault.code : 'no fault';
      }
      return 'none';
    };
    assert.equal(code({ from: 0, to: MOST_BUCKETS * 1_000, resolutionSec: 1 }), 'none');
    assert.equal(code({ from: 0, to: MOST_BUCKETS * 1_000 + 1, resolutionSec: 1 }), 'series.too-many-buckets');
    assert.equal(code({ from: 5, to: 5, resolutionSec: 1 }), 'series.bad-period');
    assert.equal(code({ from: 0, to: Number.POSITIVE_INFINITY, resolutionSec: 1 }), 'series.bad-period');
    for (const resolutionSec of [0, -1, 0.5, Number.NaN]) {
      assert.equal(code({ ...MINUTE, resolutionSec }), 'series.bad-resolution');
    }
  });

  it('samples are those of one property of one thing, and none of the future', () => {
    const messages = [
      reportOf('cgm', 1, 1_000, { glucose: 100, battery: 90 }),
      reportOf('pump', 1, 2_000, { glucose: 1 }),
      reportOf('cgm', 2, 3_000, { battery: 89 }),
    ];
    const ahead = { ...reportOf('cgm', 3, 9e15, { glucose: 120 }), receivedAt: 4_000 };
    assert.deepEqual(
      [...samplesOf([...messages, ahead], 'cgm', 'glucose')],
      [
        { at: 1_000, value: 100 },
        { at: 4_000, value: 120 },
      ],
    );
  });
});
