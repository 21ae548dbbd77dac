import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MINUTE } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { commission } from '#mirror/twin/commission';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { GLUCOSE } from '#mirror/twin/kalman';
import { divergence, staleness } from '#mirror/twin/staleness';
import { applyDispatched, applyMessage, createTwin, reportedValue, type Twin } from '#mirror/twin/twin';
import { identifiableMessages, reportOf } from './identifiable-ward.ts';

const model = commission(identifiableMessages({ days: 4, seed: 1 }));
const day = identifiableMessages({ days: 1, seed: 9 });
const applyAll = (messages: readonly DeviceMessage[]): Twin =>
  messages.reduce((twin, message) => applyMessage(twin, message).twin, createTwin('p-1', model));

describe('the twin', () => {
  it('replaying history gives the same state, byte for byte', () => {
    assert.deepEqual(encodeTwin(applyAll(day)), encodeTwin(applyAll(day)));
  });

  it('never changes the twin a message is applied to', () => {
    let twin = createTwin('p-1', model);
    for (const message of day.slice(0, 300)) {
      const before = encodeTwin(twin);
      const { twin: next } = applyMessage(twin, message);
      assert.deepEqual(encodeTwin(twin), before);
      twin = next;
    }
  });

  it('shares what a message does not touch', () => {
    const twin = applyAll(day.slice(0, 30));
    const { twin: next } = applyMessage(twin, reportOf('gateway', 1, 3 * 60 * MINUTE, { uptime: 4 }));
    assert.equal(next.reported['pump'], twin.reported['pump']);
    assert.equal(next.predicted?.estimate === twin.predicted?.estimate, false, 'time passed without a reading');
  });

  it('an older report that arrives late replaces nothing and moves no estimate', () => {
    const twin = applyAll(day.slice(0, 60));
    const late = reportOf('cgm', 900, 20 * MINUTE, { glucose: 55 });
    const { twin: next, innovation } = applyMessage(twin, { ...late, receivedAt: 96 * MINUTE });
    assert.equal(innovation, undefined);
    assert.equal(reportedValue(next, 'cgm', 'glucose'), reportedValue(twin, 'cgm', 'glucose'));
  });

  it('a reading that claims the future is placed when it was received', () => {
    const twin = applyAll(day.slice(0, 60));
    const early = reportOf('cgm', 900, 500 * MINUTE, { glucose: 120 });
    const { twin: next } = applyMessage(twin, { ...early, receivedAt: 100 * MINUTE });
    assert.equal(next.predicted?.at, 100 * MINUTE);
  });

  it('lost pump reports lose no insulin', () => {
    const complete = applyAll(day);
    const lossy = applyAll(day.filter(({ thing, sequence }) => thing !== 'pump' || sequence % 5 !== 0));
    const difference = complete.predicted!.estimate[GLUCOSE]! - lossy.predicted!.estimate[GLUCOSE]!;
    assert.ok(Math.abs(difference) < 3, `estimates part by ${difference} mg/dL`);
  });

  it('goes on predicting through an hour without readings', () => {
    const gap = day.filter(({ thing, sentAt }) => thing !== 'cgm' || sentAt < 600 * MINUTE || sentAt > 660 * MINUTE);
    const twin = applyAll(gap);
    assert.ok(Math.abs(twin.predicted!.estimate[GLUCOSE]! - applyAll(day).predicted!.estimate[GLUCOSE]!) < 5);
  });

  it('a pump that was replaced starts counting anew without a phantom dose', () => {
    const reset = day.map((message): DeviceMessage => {
      if (message.thing !== 'pump' || message.sentAt < 700 * MINUTE || message.content.kind !== 'Report')
        return message;
      const measurements = message.content.measurements.map((measurement) =>
        measurement.name === 'bolusDelivered' ? { ...measurement, value: 0 } : measurement,
      );
      return { ...message, content: { ...message.content, measurements } };
    });
    const effect = (twin: Twin): number => twin.predicted!.estimate[2]!;
    assert.ok(effect(applyAll(reset)) <= 1.05 * effect(applyAll(day)));
  });

  it('knows what was desired until it is acknowledged', () => {
    const command = {
      kind: 'Command',
      id: 'c-1',
      thing: 'pump',
      action: 'suspend',
      input: {},
      issuedAt: 100 * MINUTE,
      expiresAt: 105 * MINUTE,
    } as const;
    const wanted = applyDispatched(applyAll(day.slice(0, 60)), command);
    assert.equal(divergence(wanted, 102 * MINUTE).unfulfilled[0]?.age, 2 * MINUTE);
    const { twin: done } = applyMessage(wanted, {
      kind: 'DeviceMessage',
      sender: 'pump',
      thing: 'pump',
      sequence: 901,
      sentAt: 101 * MINUTE,
      receivedAt: 101 * MINUTE,
      content: { kind: 'Acknowledgement', thing: 'pump', commandId: 'c-1', outcome: 'done', at: 101 * MINUTE },
    });
    assert.deepEqual(divergence(done, 102 * MINUTE).unfulfilled, []);
    assert.equal(done.desired['pump']?.['suspend']?.outcome, 'done');
  });

  it('staleness is time since a thing was heard, infinite for one that never was', () => {
    const twin = applyAll(day.slice(0, 60));
    assert.equal(staleness(twin, 'pump', twin.lastHeard['pump']!.receivedAt + 7000), 7000);
    assert.equal(staleness(twin, 'remote', 0), Number.POSITIVE_INFINITY);
    assert.equal(staleness(twin, 'constructor', 0), Number.POSITIVE_INFINITY);
  });

  it('stays finite whatever the devices claim', () => {
    const claim = fc.record({
      thing: fc.constantFrom('cgm', 'pump', 'handset'),
      minute: fc.integer({ min: 0, max: 3000 }),
      value: fc.double({ min: 0, max: 1e5, noNaN: true }),
    });
    const names = {
      cgm: ['glucose'],
      pump: ['basalDelivered', 'bolusDelivered', 'basalRate'],
      handset: ['announcedCarbohydrates'],
    };
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 60 }), (claims) => {
        let twin = applyAll(day.slice(0, 20));
        for (const { thing, minute, value } of claims) {
          const properties = names[thing as keyof typeof names];
          const values = Object.fromEntries(properties.map((name) => [name, name === 'glucose' ? value % 401 : value]));
          twin = applyMessage(twin, reportOf(thing, 1, minute * MINUTE, values)).twin;
        }
        assert.ok(twin.predicted!.estimate.every(Number.isFinite));
        assert.ok(twin.predicted!.evidence.every(Number.isFinite));
      }),
      { numRuns: 60 },
    );
  });
});
