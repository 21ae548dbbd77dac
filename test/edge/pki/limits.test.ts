import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAttemptLimit } from '#edge/pki/attempt-limit';
import { digestEnrolmentToken, makeEnrolmentToken } from '#edge/pki/enrolment-token';
import { networkOf } from '#edge/pki/peer-network';

test('no_key_gets_more_than_its_burst_and_what_was_refilled, and never more keys than allowed are remembered', () => {
  const steps = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c'), pass: fc.integer({ min: -500, max: 2_000 }) }),
  );
  fc.assert(
    fc.property(steps, (attempts) => {
      let now = 1_000_000;
      const limit = createAttemptLimit({ clock: { now: () => now }, burst: 3, refill: 1_000, capacity: 3 });
      const taken = new Map<string, number>();
      let forward = 0;
      for (const { key, pass } of attempts) {
        now += pass;
        forward += Math.max(0, pass);
        const free = limit.wait(key) === 0;
        assert.equal(limit.take(key), free);
        if (free) taken.set(key, (taken.get(key) ?? 0) + 1);
        assert.ok((taken.get(key) ?? 0) <= 3 + forward / 1_000);
        assert.ok(limit.size <= 3);
      }
    }),
  );
});

test('the key that took nothing for longest is forgotten first', () => {
  const limit = createAttemptLimit({ clock: { now: () => 0 }, burst: 1, refill: 1_000, capacity: 2 });
  for (const key of ['a', 'b', 'c']) assert.ok(limit.take(key));
  assert.equal(limit.size, 2);
  assert.equal(limit.wait('a'), 0);
  assert.equal(limit.wait('c'), 1_000);
});

test('a network is an IPv4 address or the first 64 bits of an IPv6 address', () => {
  for (const [address, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
  ] as const) {
    assert.equal(networkOf(address), network, address);
  }
});

test('a token is known by its digest, however it was typed', () => {
  const { token, digest } = makeEnrolmentToken();
  assert.match(token, /^([0-9a-hjkmnp-tv-z]{4}-){7}[0-9a-hjkmnp-tv-z]{4}$/);
  for (const typed of [
    token,
    token.toUpperCase(),
    token.replaceAll('-', ''),
    token.replaceAll('-', ' '),
    token.replaceAll('0', 'O').replaceAll('1', 'l'),
  ]) {
    assert.deepEqual(digestEnrolmentToken(typed), digest);
  }
  for (const wrong of ['', token.slice(1), `${token}0`, token.replace(/.$/, 'u'), '0'.repeat(100_000)]) {
    assert.equal(digestEnrolmentToken(wrong), undefined);
  }
  const tokens = Array.from({ length: 500 }, () => makeEnrolmentToken().token);
  assert.equal(new Set(tokens).size, 500);
});
