import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HOUR, MINUTE, type Millis, SECOND } from '#base/time';
import { type DeviceMessage, deviceMessages } from '#mirror/channel/device-message';
import { ORDERED_FOR, STAMP_ERROR } from '#mirror/channel/device-time';
import { beginAnew, isKnown } from '#mirror/twin/begin-anew';
import { collectSamples } from '#mirror/twin/collect-samples';
import { commission } from '#mirror/twin/commission';
import { GLUCOSE } from '#mirror/twin/kalman';
import { numbersOf, samplesOf } from '#mirror/twin/property-samples';
import { sensorLife } from '#mirror/twin/remaining-life';
import { seriesOf } from '#mirror/twin/series';
import { applyMessage, createTwin, reportedValue, type Twin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';
import { identifiableMessages } from './identifiable-ward.ts';

const START = Date.UTC(2026, 0, 5);
const PERIOD = 5 * MINUTE;
const YEARS = 20 * 365 * 24 * HOUR;

/** A report as the channel makes it, received at `now` and stamped by a clock that is off by `off`. */
function told(
  thing: string,
  now: Millis,
  off: Millis,
  values: Readonly<Record<string, ThingValue>>,
  sequence: number,
  sender = thing,
): DeviceMessage {
  const at = now + off;
  const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at }));
  return deviceMessages({ kind: 'Report', thing, sentAt: at, measurements }, sender, sequence, now)[0]!;
}

const glucoseAfter = (messages: readonly DeviceMessage[], twin = createTwin('p')): Twin =>
  messages.reduce((before, message) => applyMessage(before, message).twin, twin);

describe('what a stamp decides', () => {
  it('one report stamped an hour or twenty years ahead changes nothing, and the next is taken', () => {
    for (const off of [5 * MINUTE + 1, HOUR, YEARS]) {
      const twin = glucoseAfter([
        told('cgm', START, 0, { glucose: 140 }, 1),
        told('cgm', START + PERIOD, off, { glucose: 134, battery: 50 }, 2),
      ]);
      assert.equal(reportedValue(twin, 'cgm', 'glucose'), 140);
      assert.deepEqual(twin.ahead['cgm']?.['glucose'], {
        value: 134,
        at: START + PERIOD + off,
        receivedAt: START + PERIOD,
      });
      const next = glucoseAfter([told('cgm', START + 2 * PERIOD, 0, { glucose: 55 }, 3)], twin);
      assert.equal(reportedValue(next, 'cgm', 'glucose'), 55);
      assert.deepEqual(Object.keys(next.ahead['cgm'] ?? {}), ['battery'], 'until it says something rightly stamped');
    }
  });

  it('a lead within the bound is placed at receipt, and holds nothing up', () => {
    const twin = glucoseAfter([
      told('cgm', START, 5 * MINUTE, { glucose: 134 }, 1),
      told('cgm', START + 10 * SECOND, -STAMP_ERROR - 11 * SECOND, { glucose: 55 }, 2),
    ]);
    assert.equal(reportedValue(twin, 'cgm', 'glucose'), 134, 'by more than the error before it');
    assert.equal(
      reportedValue(
        glucoseAfter([told('cgm', START + PERIOD, -STAMP_ERROR - 11 * SECOND, { glucose: 50 }, 3)], twin),
        'cgm',
        'glucose',
      ),
      50,
    );
  });

  it('no_stamp_freezes: whatever was stamped before, the twin shows the newest value again', () => {
    const lie = fc.record({
      minute: fc.integer({ min: 0, max: 120 }),
      off: fc.oneof(fc.integer({ min: -YEARS, max: YEARS }), fc.integer({ min: -20 * MINUTE, max: 20 * MINUTE })),
      value: fc.integer({ min: 40, max: 400 }),
      sender: fc.constantFrom('cgm', 'gateway'),
    });
    const clock = fc.record({
      fromMinute: fc.integer({ min: 0, max: 120 }),
      off: fc.oneof(fc.integer({ min: -YEARS, max: 5 * MINUTE }), fc.integer({ min: -40 * MINUTE, max: 5 * MINUTE })),
    });
    fc.assert(
      fc.property(
        fc.array(lie, { maxLength: 12 }),
        fc.array(clock, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 299 }),
        (lies, clocks, phase) => {
          const settled = clocks.toSorted((a, b) => a.fromMinute - b.fromMinute);
          const lastLie = Math.max(0, ...lies.map(({ minute }) => minute), ...settled.map((one) => one.fromMinute));
          const until = lastLie * MINUTE + ORDERED_FOR + PERIOD;
          const events = [
            ...lies.map(({ minute, ...rest }) => ({ time: minute * MINUTE, ...rest })),
            ...Array.from({ length: Math.floor((until - phase * SECOND) / PERIOD) + 1 }, (_, index) => {
              const time = phase * SECOND + index * PERIOD;
              const off = settled.findLast(({ fromMinute }) => fromMinute * MINUTE <= time)?.off ?? 0;
              return { time, off, value: 1_000 + index, sender: 'cgm' };
            }),
          ].toSorted((a, b) => a.time - b.time);
          const twin = glucoseAfter(
            events.map(({ time, off, value, sender }, index) =>
              told('cgm', START + time, off, { glucose: value }, index, sender),
            ),
          );
          const newest = events.findLast(({ value }) => value >= 1_000);
          assert.equal(reportedValue(twin, 'cgm', 'glucose'), newest?.value);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('held_back_is_not_newest: what was sent before is never shown after, however late it comes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.array(fc.record({ back: fc.integer({ min: 1, max: 29 }), later: fc.integer({ min: 0, max: 10 * 60 }) }), {
          minLength: 1,
          maxLength: 5,
        }),
        (count, held) => {
          const sent = Array.from({ length: count }, (_, index) =>
            told('cgm', START + index * PERIOD, 0, { glucose: 100 + index }, index),
          );
          const last = START + (count - 1) * PERIOD;
          const late = held.map(({ back, later }): DeviceMessage => {
            const message = sent[Math.max(0, count - 1 - back)]!;
            return { ...message, receivedAt: last + later * MINUTE };
          });
          const twin = glucoseAfter([...sent, ...late]);
          assert.equal(reportedValue(twin, 'cgm', 'glucose'), 100 + count - 1);
          assert.equal(twin.lastHeard['cgm']?.sequence, count - 1);
        },
      ),
    );
  });

  it('a bundle tells of several instants of one thing: the latest counts, whatever their order', () => {
    const report = (at: Millis, glucose: number) =>
      ({
        kind: 'Report',
        thing: 'cgm',
        sentAt: at,
        measurements: [{ name: 'glucose', value: glucose, at }],
      }) as const;
    const bundle = { kind: 'Bundle', reports: [report(START, 120), report(START - PERIOD, 110)] } as const;
    const twin = glucoseAfter(deviceMessages(bundle, 'gateway', 1, START));
    assert.equal(reportedValue(twin, 'cgm', 'glucose'), 120);
  });

  it('a replaced thing begins anew, and what others said stays', () => {
    const twin = glucoseAfter([
      told('pump', START, 0, { basalRate: 1 }, 500),
      told('cgm', START, HOUR, { glucose: 134 }, 900, 'gateway'),
      told('cgm', START, 0, { battery: 50 }, 901, 'gateway'),
    ]);
    assert.deepEqual([isKnown(twin, 'cgm'), isKnown(twin, 'gateway'), isKnown(twin, 'handset')], [true, true, false]);
    const anew = beginAnew(twin, 'cgm');
    assert.deepEqual([Object.keys(anew.reported), anew.ahead], [['pump'], {}]);
    assert.deepEqual(anew.lastHeard, twin.lastHeard, 'since when it is silent is still known');
    const rekeyed = beginAnew(twin, 'gateway');
    assert.deepEqual(rekeyed.reported, twin.reported, 'a new key of the gateway takes no value away');
    const next = glucoseAfter([told('cgm', START + PERIOD, 0, { battery: 49 }, 0, 'gateway')], rekeyed);
    assert.equal(next.lastHeard['cgm']?.sequence, 0, 'its numbers begin anew');
  });

  it('a replaced pump is no dose, and a replaced handset no meal', () => {
    const intake = { insulin: 500, pumpReceivedAt: START, carbohydrates: 300 };
    const twin: Twin = { ...createTwin('p'), intake };
    assert.deepEqual(beginAnew(twin, 'pump').intake, { carbohydrates: 300, pumpReceivedAt: 0 });
    assert.deepEqual(beginAnew(twin, 'handset').intake, { insulin: 500, pumpReceivedAt: START });
    assert.deepEqual(beginAnew(twin, 'cgm').intake, intake);
  });
});

describe('the estimate under wrong clocks', () => {
  const model = commission(identifiableMessages({ days: 4, seed: 1 }));
  const day = identifiableMessages({ days: 1, seed: 9 }).filter(({ receivedAt }) => receivedAt < 16 * HOUR);
  const honest = glucoseAfter(day, createTwin('p', model));

  /** The messages as they come when the monitor's clock is off by `off` from minute 600 on. */
  const shifted = (off: Millis): readonly DeviceMessage[] =>
    day.flatMap((message) => {
      const { thing, content, receivedAt, sequence } = message;
      if (thing !== 'cgm' || receivedAt < 600 * MINUTE || content.kind !== 'Report') return [message];
      const measurements = content.measurements.map((measurement) => ({ ...measurement, at: measurement.at + off }));
      const report = { ...content, sentAt: content.sentAt + off, measurements };
      return deviceMessages(report, thing, sequence, receivedAt);
    });

  it('goes on reading under a clock that was set back, or leads within the bound', () => {
    for (const off of [4 * MINUTE, -2 * MINUTE, -4 * MINUTE, -7 * MINUTE, -12 * MINUTE, -31 * MINUTE, -HOUR, -YEARS]) {
      const twin = glucoseAfter(shifted(off), createTwin('p', model));
      const behind = honest.predicted!.readAt - twin.predicted!.readAt;
      assert.ok(behind <= 0, `${off / MINUTE} min: the last reading taken in is ${behind / MINUTE} min old`);
      const parted = twin.predicted!.estimate[GLUCOSE]! - honest.predicted!.estimate[GLUCOSE]!;
      assert.ok(Math.abs(parted) < 8, `${off / MINUTE} min: estimates part by ${parted.toFixed(1)} mg/dL`);
    }
  });

  it('moves on without readings while they are stamped ahead, and reads again when the clock is right', () => {
    const ahead = shifted(6 * MINUTE);
    const during = glucoseAfter(
      ahead.filter(({ receivedAt }) => receivedAt < 660 * MINUTE),
      createTwin('p', model),
    );
    assert.ok(during.predicted!.readAt <= 600 * MINUTE);
    assert.ok(during.predicted!.at > 650 * MINUTE);
    const later = glucoseAfter(
      day.filter(({ receivedAt }) => receivedAt >= 660 * MINUTE),
      during,
    );
    assert.equal(later.predicted!.readAt, honest.predicted!.readAt);
  });

  it('commissioning swallows no reading for a stamp, ahead or back', () => {
    const count = collectSamples(day).samples.length;
    for (const off of [HOUR, 4 * MINUTE, -HOUR, -YEARS]) {
      const one = shifted(off).filter(({ thing, receivedAt }) => thing === 'cgm' && receivedAt >= 600 * MINUTE)[0]!;
      const lied = day.map((message) =>
        message.thing === 'cgm' && message.receivedAt === one.receivedAt ? one : message,
      );
      assert.ok(collectSamples(lied).samples.length >= count - 2, `one stamp ${off / MINUTE} min off`);
      if (off < 5 * MINUTE) {
        const samples = collectSamples(shifted(off)).samples;
        assert.ok(samples.length >= count - (ORDERED_FOR + PERIOD) / PERIOD, `a clock ${off / MINUTE} min off`);
        assert.ok(samples.every(({ at }, index) => index === 0 || at > samples[index - 1]!.at));
      }
    }
  });
});

describe('series and remaining life under wrong clocks', () => {
  /** A sensor's age, told every five minutes for three hours; the clock is off from the second hour on. */
  const ages = (off: Millis): readonly DeviceMessage[] =>
    Array.from({ length: 36 }, (_, index) =>
      told('cgm', START + index * PERIOD, index < 12 ? 0 : off, { sensorAge: 5 * index }, index),
    );
  const samples = (off: Millis) => [...numbersOf(samplesOf(ages(off), 'cgm', 'sensorAge'))];

  it('a clock set back stops no series: its values are where they were received', () => {
    for (const off of [-10 * MINUTE, -HOUR, -YEARS]) {
      const request = { from: START + 2 * HOUR, to: START + 3 * HOUR, resolutionSec: 300 };
      assert.equal(seriesOf(samples(off), request).length, 12, `${off / MINUTE} min`);
      const life = sensorLife(samples(off), 1_000);
      assert.deepEqual(life.kind === 'known' && life.left, 1_000 - 5 * 35, `${off / MINUTE} min`);
    }
  });

  it('what was stamped ahead is in no series, and the newest is not among it', () => {
    const life = sensorLife(samples(HOUR), 1_000);
    assert.deepEqual(life.kind === 'known' && life.left, 1_000 - 5 * 11);
    const right = told('cgm', START + 36 * PERIOD, 0, { sensorAge: 180 }, 36);
    const known = sensorLife(numbersOf(samplesOf([...ages(YEARS), right], 'cgm', 'sensorAge')), 1_000);
    assert.deepEqual(known.kind === 'known' && known.left, 820);
  });

  it('what a gateway stored is where it was measured, the first and the last of it too', () => {
    const stored = Array.from({ length: 13 }, (_, index) =>
      told('cgm', START + index * PERIOD, 0, { n: index }, index),
    );
    const handedIn = stored.map(
      (message, index): DeviceMessage => (index === 0 ? message : { ...message, receivedAt: START + HOUR }),
    );
    assert.deepEqual(
      [...samplesOf(handedIn, 'cgm', 'n')].map(({ at }) => (at - START) / PERIOD),
      stored.map((_, index) => index),
    );
  });
});
