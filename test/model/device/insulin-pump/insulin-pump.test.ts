import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '#base/random';
import { OPERATIONS } from '#model/device/link/operation';
import {
  encodeBasalProfile,
  encodeBolus,
  encodeGlucoseReading,
  encodeLimits,
  encodeSwitch,
  encodeTemporaryBasal,
} from '#model/device/link/payload';
import { LEGACY, SECURED } from '../fake-ward.ts';
import { createPumpBench, FLAT_PROFILE } from './pump-bench.ts';

test('basal follows the profile in whole increments', () => {
  const bench = createPumpBench({ basalProfile: [...FLAT_PROFILE.slice(0, 23), 2] });
  bench.ward.runFor(60);
  assert.equal(bench.pushed(), 1);
  assert.equal(bench.value('basalDelivered'), 1);
  bench.ward.runFor(22 * 60);
  assert.equal(bench.value('basalDelivered'), 23);
  bench.ward.runFor(60);
  assert.equal(bench.value('basalDelivered'), 25);
});

test('a bolus runs at 1.5 U a minute and is acknowledged once applied', () => {
  const bench = createPumpBench({ basalProfile: FLAT_PROFILE.map(() => 0) });
  bench.say('handset', 'bolus', encodeBolus(5));
  bench.ward.runFor(1);
  assert.equal(bench.value('bolusDelivered'), 1.5);
  bench.ward.runFor(3);
  assert.equal(bench.pushed(), 5);
  assert.equal(bench.value('lastBolus'), 5);
  assert.deepEqual(bench.outcomes(), ['applied']);
});

test('a retransmission is answered again and not delivered again; the same frame later is a replay that works', () => {
  const bench = createPumpBench({ basalProfile: FLAT_PROFILE.map(() => 0) });
  const recording = bench.say('handset', 'bolus', encodeBolus(1));
  bench.pump.receive('radio', recording);
  bench.ward.runFor(5);
  assert.equal(bench.pushed(), 1);
  assert.deepEqual(bench.outcomes(), ['applied', 'applied']);
  bench.pump.receive('radio', recording);
  bench.ward.runFor(5);
  assert.equal(bench.pushed(), 2);
});

test('on a secured link neither the recording nor a forgery delivers anything, and both are counted', () => {
  const bench = createPumpBench({ basalProfile: FLAT_PROFILE.map(() => 0) }, SECURED);
  const recording = bench.say('handset', 'bolus', encodeBolus(1));
  bench.ward.runFor(5);
  bench.pump.receive('radio', recording);
  const altered = recording.slice();
  altered[altered.length - 1]! ^= 1;
  bench.pump.receive('radio', altered);
  bench.ward.runFor(5);
  assert.equal(bench.pushed(), 1);
  assert.equal(bench.value('refusedFrames'), 2);
});

test('a temporary basal ends by itself: without a controller the pump returns to its profile', () => {
  const bench = createPumpBench();
  bench.say('handset', 'set-temporary-basal', encodeTemporaryBasal({ rate: 4, duration: 30 }));
  assert.equal(bench.value('basalRate'), 4);
  assert.equal(bench.value('controlMode'), 'closed-loop');
  bench.ward.runFor(31);
  assert.equal(bench.value('basalRate'), 1);
  assert.equal(bench.value('controlMode'), 'manual');
});

test('suspension stops a running bolus and all basal until delivery is resumed', () => {
  const bench = createPumpBench();
  bench.say('handset', 'bolus', encodeBolus(6));
  bench.ward.runFor(1);
  bench.say('handset', 'suspend');
  const before = bench.pushed();
  bench.ward.runFor(120);
  assert.equal(bench.pushed(), before);
  assert.equal(bench.value('deliveryState'), 'suspended');
  bench.say('handset', 'bolus', encodeBolus(1));
  assert.equal(bench.outcomes().at(-1), 'refused');
  bench.pump.resumeAtDevice();
  bench.ward.runFor(60);
  assert.equal(bench.pushed() > before, true);
});

test('limits: above the user limit refused, the user limit itself never above the hardware', () => {
  const bench = createPumpBench({ maxBolus: 10 });
  bench.say('handset', 'bolus', encodeBolus(10.05));
  bench.say('handset', 'set-limits', encodeLimits({ maxBolus: 25.05, maxBasal: 10 }));
  bench.say('handset', 'set-temporary-basal', encodeTemporaryBasal({ rate: 10.05, duration: 30 }));
  bench.say('handset', 'set-basal-profile', encodeBasalProfile(FLAT_PROFILE.map(() => 11)));
  assert.deepEqual(bench.outcomes(), ['refused', 'refused', 'refused', 'refused']);
  bench.say('handset', 'set-limits', encodeLimits({ maxBolus: 25, maxBasal: 35 }));
  bench.say('handset', 'bolus', encodeBolus(25));
  assert.deepEqual(bench.outcomes().slice(-2), ['applied', 'applied']);
});

test('the remote works only where a user has enabled it', () => {
  const bench = createPumpBench({ remoteEnabled: false });
  bench.say('remote', 'bolus', encodeBolus(1));
  assert.deepEqual(
    bench.traces.filter((trace) => trace.kind === 'command-refused'),
    [{ kind: 'command-refused', action: 'bolus', reason: 'remote-disabled' }],
  );
  bench.say('handset', 'set-remote-enabled', encodeSwitch(true));
  bench.say('remote', 'bolus', encodeBolus(1));
  bench.ward.runFor(2);
  assert.equal(bench.value('bolusDelivered'), 1);
});

test('an occlusion delivers nothing, and is noticed only once enough has piled up', () => {
  const bench = createPumpBench();
  bench.pump.occlude(bench.ward.now());
  bench.ward.runFor(100);
  assert.equal(bench.pushed(), 0);
  assert.equal(bench.value('deliveryState'), 'delivering');
  assert.equal(Number(bench.value('basalDelivered')) > 1, true);
  bench.ward.runFor(25);
  assert.equal(bench.value('deliveryState'), 'occluded');
  assert.equal(bench.value('alarmCondition'), 'occlusion');
  assert.equal(bench.value('alarmPriority'), 'high');
  bench.pump.changeInfusionSet();
  bench.ward.runFor(60);
  assert.equal(bench.pushed(), 1);
});

test('frames that must be answered drain the battery until the pump is silent; on a secured link they hardly do', () => {
  const drainedBy = (security: typeof LEGACY): number => {
    const legacy = createPumpBench({}, LEGACY);
    const wakeUp = legacy.say('handset', 'wake-up');
    const bench = createPumpBench({}, security);
    for (let frame = 0; frame < 5_000; frame += 1) bench.pump.receive('radio', wakeUp);
    return 100 - Number(bench.value('battery'));
  };
  assert.equal(drainedBy(LEGACY) >= 25, true);
  assert.equal(drainedBy(SECURED) <= 1, true);
  const dying = createPumpBench({ battery: 0.01 });
  const wakeUp = dying.say('handset', 'wake-up');
  dying.pump.receive('radio', wakeUp);
  const answers = dying.outcomes().length;
  dying.pump.receive('radio', wakeUp);
  dying.ward.runFor(60);
  assert.equal(dying.outcomes().length, answers);
  assert.equal(dying.pushed(), 0);
});

test('the platform commands through the sealed channel, once and before it expires', () => {
  const bench = createPumpBench();
  const sealed = bench.command('bolus', { units: 1 });
  bench.say('gateway', 'platform-command', sealed);
  bench.ward.runFor(2);
  assert.equal(bench.value('bolusDelivered'), 1);
  assert.equal(bench.value('refusedFrames'), 1);
  bench.command('bolus', { units: 1 }, { expiresAt: bench.ward.now() - 1 });
  bench.command('explode', {});
  assert.deepEqual(
    bench.answers().map(({ outcome }) => outcome),
    ['done', 'expired', 'refused'],
  );
});

test('fallen back to the safe profile, the pump ignores the radio and obeys the platform', () => {
  const bench = createPumpBench();
  bench.say('handset', 'set-basal-profile', encodeBasalProfile(FLAT_PROFILE.map(() => 9)));
  bench.say('handset', 'suspend');
  bench.command('fallBackToSafeBasal', { durationMin: 120 });
  assert.equal(bench.value('controlMode'), 'safe-basal');
  assert.equal(bench.value('basalRate'), 1);
  bench.say('handset', 'bolus', encodeBolus(5));
  bench.say('handset', 'set-temporary-basal', encodeTemporaryBasal({ rate: 9, duration: 30 }));
  assert.deepEqual(bench.outcomes().slice(-2), ['refused', 'refused']);
  bench.ward.runFor(121);
  assert.equal(bench.value('controlMode'), 'manual');
});

test('a revoked link is refused, whatever it says', () => {
  const bench = createPumpBench();
  bench.command('revokeLink', { peer: 'remote' });
  bench.say('remote', 'bolus', encodeBolus(5));
  bench.say('handset', 'bolus', encodeBolus(1));
  bench.ward.runFor(5);
  assert.equal(bench.value('bolusDelivered'), 1);
});

test('a reported value never includes what was not delivered yet', () => {
  const bench = createPumpBench({ basalProfile: FLAT_PROFILE.map(() => 0) });
  bench.say('handset', 'bolus', encodeBolus(20));
  for (let minute = 0; minute < 15; minute += 1) {
    bench.ward.runFor(1);
    assert.equal(bench.value('bolusDelivered'), bench.pushed());
  }
});

test('low-glucose suspend hears the monitor itself, even when the handset asks for more', () => {
  const bench = createPumpBench({ defences: { lowGlucoseSuspend: true } });
  for (const [index, glucose] of [120, 110, 100, 90].entries()) {
    bench.say('cgm', 'glucose-reading', encodeGlucoseReading({ glucose, sensorMinute: 1_000 + 5 * index }));
    bench.ward.runFor(5);
  }
  bench.say('handset', 'set-temporary-basal', encodeTemporaryBasal({ rate: 9, duration: 30 }));
  assert.equal(bench.value('basalRate'), 0);
  assert.equal(bench.value('alarmCondition'), 'low-glucose-suspend');
});

test('whatever bytes arrive: bolus and basal stay below the hard limits, pulses add up, the reservoir is never negative', () => {
  const noise = fc.record({
    from: fc.constantFrom('handset', 'remote', 'gateway', 'cgm' as const),
    operation: fc.constantFrom(...OPERATIONS),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.double({ min: 0, max: 60, noNaN: true }).map(encodeBolus),
      fc.double({ min: 0, max: 80, noNaN: true }).map((rate) => encodeTemporaryBasal({ rate, duration: 600 })),
      fc.double({ min: 0, max: 40, noNaN: true }).map((maxBolus) => encodeLimits({ maxBolus, maxBasal: 35 })),
    ),
    minutes: fc.integer({ min: 0, max: 30 }),
  });
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 25 }), (script) => {
      const bench = createPumpBench({ reservoir: 40 });
      for (const { from, operation, payload, minutes } of script) {
        const before = bench.pushed();
        bench.say(from as 'handset', operation, payload);
        bench.ward.runFor(minutes);
        const most = minutes * (1.5 + 35 / 60) + 0.1;
        assert.equal(bench.pushed() - before <= most, true);
        assert.equal(Number(bench.value('lastBolus')) <= 25, true);
        assert.equal(Number(bench.value('basalRate')) <= 35, true);
        assert.equal(Number(bench.value('reservoir')) >= 0, true);
      }
      const counted = Number(bench.value('basalDelivered')) + Number(bench.value('bolusDelivered'));
      assert.equal(Math.abs(counted - bench.pushed()) < 1e-6, true);
      assert.equal(Math.abs(40 - Number(bench.value('reservoir')) - counted) < 1e-6, true);
      assert.equal(Math.abs(counted / 0.05 - Math.round(counted / 0.05)) < 1e-6, true);
    }),
    { numRuns: 60 },
  );
});

test('the same script gives the same bytes', () => {
  const run = (): string => {
    const bench = createPumpBench({}, SECURED);
    const random = createRandom('script');
    for (let step = 0; step < 20; step += 1) {
      bench.say('handset', 'set-temporary-basal', encodeTemporaryBasal({ rate: random.uniform(0, 4), duration: 30 }));
      bench.ward.runFor(5);
    }
    return JSON.stringify([bench.pump.report(), bench.traces, bench.reports()]);
  };
  assert.equal(run(), run());
});
