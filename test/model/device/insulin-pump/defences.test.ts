import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '#base/random';
import { sign, signingKeyFromSeed, verify } from '#crypto/sign';
import { buildFirmware, type FirmwareImage } from '#model/device/firmware';
import { encodeBolus, encodeTemporaryBasal } from '#model/device/link/payload';
import { createPumpBench, FLAT_PROFILE } from './pump-bench.ts';

const NO_BASAL = FLAT_PROFILE.map(() => 0);

test('hourly limit: within any hour bolus and basal above the safe profile stay below it', () => {
  const LIMIT = 6;
  const step = fc.record({
    units: fc.double({ min: 0.1, max: 8, noNaN: true }),
    rate: fc.double({ min: 0, max: 10, noNaN: true }),
    minutes: fc.integer({ min: 1, max: 25 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (script) => {
      const bench = createPumpBench({ defences: { hourlyLimit: LIMIT } });
      const perMinute: number[] = [];
      for (const { units, rate, minutes } of script) {
        bench.say('handset', 'bolus', encodeBolus(units));
        bench.say('handset', 'set-temporary-basal', encodeTemporaryBasal({ rate, duration: 60 }));
        for (let minute = 0; minute < minutes; minute += 1) {
          const before = bench.pushed();
          bench.ward.runFor(1);
          perMinute.push(bench.pushed() - before);
        }
      }
      let window = 0;
      for (const [index, units] of perMinute.entries()) {
        window += units - (perMinute[index - 60] ?? 0);
        // 1 U of safe basal an hour, and one increment of carry-over at each end of the window.
        assert.equal(window <= LIMIT + 1 + 0.1 + 1e-6, true, `${window} U in an hour`);
      }
    }),
    { numRuns: 40 },
  );
});

test('hourly limit off: the same boluses all go in', () => {
  const deliver = (defences: { hourlyLimit?: number }): number => {
    const bench = createPumpBench({ basalProfile: NO_BASAL, defences });
    for (let bolus = 0; bolus < 5; bolus += 1) {
      bench.say('handset', 'bolus', encodeBolus(3));
      bench.ward.runFor(5);
    }
    return bench.pushed();
  };
  assert.equal(deliver({}), 15);
  assert.equal(deliver({ hourlyLimit: 6 }), 6);
});

test('confirmation: a large remote bolus waits for the person, who may confirm, decline or not be there', () => {
  const bench = createPumpBench({ basalProfile: NO_BASAL, defences: { confirmRemoteBolusAbove: 3 } });
  bench.say('handset', 'bolus', encodeBolus(3));
  bench.ward.runFor(5);
  assert.equal(bench.pushed(), 3);

  bench.say('handset', 'bolus', encodeBolus(4));
  bench.ward.runFor(1);
  assert.equal(bench.pushed(), 3);
  bench.pump.confirm(bench.asked[0]!.requestId);
  bench.ward.runFor(5);
  assert.equal(bench.pushed(), 7);

  bench.say('remote', 'bolus', encodeBolus(4));
  bench.pump.decline(bench.asked[1]!.requestId);
  bench.command('bolus', { units: 4 });
  bench.ward.runFor(5);
  bench.pump.confirm(bench.asked[2]!.requestId);
  bench.ward.runFor(5);
  assert.equal(bench.pushed(), 7);
  assert.deepEqual(bench.outcomes(), ['applied', 'pending', 'applied']);
  assert.deepEqual(
    bench.answers().map(({ outcome }) => outcome),
    ['expired'],
  );
  assert.equal(bench.value('alarmCondition'), 'confirmation-expired');
});

test('confirmation off: the large bolus goes in at once', () => {
  const bench = createPumpBench({ basalProfile: NO_BASAL });
  bench.say('remote', 'bolus', encodeBolus(4));
  bench.ward.runFor(5);
  assert.equal(bench.pushed(), 4);
  assert.equal(bench.asked.length, 0);
});

const maker = signingKeyFromSeed('Ed25519', createRandom('pump maker').bytes(32));
const verifyFirmware = (message: Uint8Array, signature: Uint8Array): boolean =>
  verify(maker.publicKey, message, signature);
const genuine = buildFirmware({ version: '2.5.0', deliveryFactor: 1, alarmsEnabled: true }, (message) =>
  sign(maker, message),
);
/** Doubles delivery under a genuine name, with a checksum made anew and the genuine signature left on. */
const malicious: FirmwareImage = {
  ...buildFirmware({ version: '2.5.0', deliveryFactor: 2, alarmsEnabled: false }),
  ...(genuine.signature === undefined ? {} : { signature: genuine.signature }),
};

test('without a signature check an image with a valid checksum installs, delivers twice what it reports, and is silent', () => {
  const bench = createPumpBench({ reservoir: 10 });
  bench.pump.offerFirmware(malicious);
  bench.ward.runFor(60);
  assert.equal(bench.pushed(), 2);
  assert.equal(bench.value('basalDelivered'), 1);
  assert.equal(bench.value('reservoir'), 9);
  assert.equal(bench.value('alarmCondition'), 'none');
  bench.pump.offerFirmware({ ...malicious, checksum: malicious.checksum ^ 1, deliveryFactor: 5 });
  bench.ward.runFor(60);
  assert.equal(bench.pushed(), 4);
});

test('with it only what the maker signed installs, and nothing older', () => {
  const bench = createPumpBench({ defences: { verifyFirmware } });
  bench.pump.offerFirmware(malicious);
  bench.pump.offerFirmware(buildFirmware({ version: '3.0.0', deliveryFactor: 2, alarmsEnabled: true }));
  bench.pump.offerFirmware(
    buildFirmware({ version: '1.9.9', deliveryFactor: 1, alarmsEnabled: true }, (message) => sign(maker, message)),
  );
  assert.equal(bench.value('firmwareVersion'), '2.4.0');
  bench.pump.offerFirmware(genuine);
  assert.equal(bench.value('firmwareVersion'), '2.5.0');
  bench.ward.runFor(60);
  assert.equal(bench.pushed(), bench.value('basalDelivered'));
});
