// About 5 s.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE, type Millis } from '#base/time';
import { platformKeys } from '#edge/live/platform-keys';
import { createSteadyClock } from '#edge/machine/steady-clock';
import { openLiveBench, SETTINGS } from '../live/live-bench.ts';
import { createDeviceWard } from './device-ward.ts';
import { enrolWard } from './enrol-ward.ts';
import { assertSameState, holdAgainstHistory, partsOf, rootKeysOf } from './held-against-history.ts';
import { repeatable, seeded } from './seed.ts';

const STEPS = 60;
const MESSAGES = 25;
const SIZES: readonly Millis[] = [1, 500, 2_001, MINUTE, 5 * MINUTE, HOUR, 30 * HOUR, 400 * DAY];

const nothing = () => ({
  acknowledged: new Set<string>(),
  sent: new Set<string>(),
  permitted: new Set<string>(),
  dispatched: new Set<string>(),
});

test('time_only_grows: the clock of the machine is set back and forth under load, and the platform opened in between', async (t) => {
  const { random, again } = seeded('clock-stepped.test.ts', (line) => t.diagnostic(line));
  await repeatable(again, async () => {
    let wall = Date.UTC(2026, 0, 5);
    let monotonic = 0;
    const clockOf = () => createSteadyClock({ wall: () => wall, monotonic: () => monotonic });
    let bench = await openLiveBench({ clock: clockOf() });
    const { directory, location } = bench;
    const told = nothing();
    const ward = createDeviceWard('p1', random.fork('devices'));
    ward.trust(platformKeys({ find: bench.live.secrets.find, keep: () => {} }).command[0]!.publicKey.bytes);
    await enrolWard(bench.live, 'p1', ward.secrets);
    let last = 0;
    for (let step = 0; step < STEPS; step += 1) {
      const size = SIZES[random.integer(0, SIZES.length - 1)]!;
      wall += random.chance(0.5) ? size : -size;
      for (let count = 0; count < MESSAGES; count += 1) {
        const passed = random.integer(0, 20_000);
        monotonic += passed;
        wall += passed;
        const { key, by, bytes } = ward.speak(random, wall);
        told.sent.add(key);
        const transport = { thing: by, proven: true, redelivered: false };
        const { outcome } = await bench.live.act((fleet) => fleet.receive(bytes, transport));
        assert.equal(outcome, 'accepted');
        told.acknowledged.add(key);
        const { at } = bench.live.fleet.capture();
        assert.ok(at >= last, 'the instant never goes back');
        last = at;
      }
      const before = bench.live.fleet.subject('p1')!.twin;
      await bench.live.act((fleet) => ({ effects: fleet.tick() }));
      assert.ok(before !== undefined);
      if (step % 10 !== 9) continue;
      // a machine that starts again knows only what its clock says now
      await bench.live.close();
      bench = await openLiveBench({ directory, clock: clockOf() });
    }
    const at = {
      location,
      rootKeys: rootKeysOf(directory),
      origin: 'test/history',
      version: 'test',
      settings: SETTINGS,
    };
    const held = await holdAgainstHistory(at, told);
    assertSameState(partsOf(bench.live.fleet), held.rebuilt);
    const kinds = new Set<string>();
    for await (const found of bench.live.history.range(0, held.size)) {
      if (found.kind === 'read') kinds.add(found.record.kind);
    }
    // rules go on, and say what they see of it
    assert.ok(kinds.has('FindingRaised') && kinds.has('MinutePassed'));
    await bench.live.close();
    bench.remove();
  });
});
