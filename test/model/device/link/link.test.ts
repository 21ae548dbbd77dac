import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildLegacyFrame, parseLegacyFrame } from '#model/device/link/legacy-frame';
import { createLink } from '#model/device/link/link';
import type { LinkCodec, LinkFrame, LinkSecurity } from '#model/device/link/link-codec';
import { carriesSealed, OPERATIONS, type Operation } from '#model/device/link/operation';
import { encodeBolus } from '#model/device/link/payload';
import type { Peer } from '#model/device/link/peer';
import { RELAY_FAMILY } from '#model/device/link/relay-frame';
import { SECURED_FAMILY } from '#model/device/link/secured-link';
import { LEGACY, linkKey, linkOf, SECURED, SERIALS } from '../fake-ward.ts';

const NONE: ReadonlySet<Operation> = new Set();
const READINGS: ReadonlySet<Operation> = new Set<Operation>(['glucose-reading']);
const COUNTER_ONLY: LinkSecurity = { authenticated: false, antiReplay: true };
const KEY_ONLY: LinkSecurity = { authenticated: true, antiReplay: false };

const pair = (security: LinkSecurity): { readonly handset: LinkCodec; readonly pump: LinkCodec } => ({
  handset: createLink(linkOf('handset', security), READINGS),
  pump: createLink(linkOf('pump', security), NONE),
});

const bolus = (units: number, from: Peer = 'handset'): LinkFrame => ({
  from,
  to: 'pump',
  operation: 'bolus',
  request: 7,
  payload: encodeBolus(units),
});

for (const [name, security] of Object.entries({ LEGACY, SECURED, COUNTER_ONLY, KEY_ONLY })) {
  test(`${name}: what one peer sends the other receives, and nobody else`, () => {
    const { handset, pump } = pair(security);
    const remote = createLink(linkOf('remote', security), NONE);
    const bytes = handset.encode(bolus(2.5));
    const decoded = pump.decode(bytes);
    assert.equal(decoded.kind, 'frame');
    if (decoded.kind === 'frame') assert.deepEqual([...decoded.frame.payload], [...encodeBolus(2.5)]);
    assert.equal(remote.decode(bytes).kind, 'not-for-us');
  });

  test(`${name}: broadcasts reach those who listen to them`, () => {
    const cgm = createLink(linkOf('cgm', security), NONE);
    const { handset, pump } = pair(security);
    const payload = new Uint8Array(6);
    const bytes = cgm.encode({ from: 'cgm', to: 'all', operation: 'glucose-reading', request: 0, payload });
    assert.equal(handset.decode(bytes).kind, 'frame');
    assert.equal(pump.decode(bytes).kind, 'not-for-us');
  });

  test(`${name}: a revoked peer is refused until it is paired again`, () => {
    const { handset, pump } = pair(security);
    pump.revoke('handset');
    assert.deepEqual(pump.decode(handset.encode(bolus(1))), {
      kind: 'refused',
      operation: 'bolus',
      reason: 'unknown-peer',
    });
    pump.pairAgain('handset');
    assert.equal(pump.decode(handset.encode(bolus(1))).kind, 'frame');
  });
}

test('the legacy link accepts a recording and a forgery that carries the overheard serial number', () => {
  const { handset, pump } = pair(LEGACY);
  const recording = handset.encode(bolus(1));
  assert.equal(pump.decode(recording).kind, 'frame');
  assert.equal(pump.decode(recording).kind, 'frame');
  const heard = parseLegacyFrame(recording);
  assert.equal(heard.kind, 'frame');
  if (heard.kind !== 'frame') return;
  const forged = pump.decode(buildLegacyFrame({ ...heard.frame, payload: encodeBolus(25) }));
  assert.equal(forged.kind, 'frame');
});

test('the legacy link ignores the devices of somebody else', () => {
  const { pump } = pair(LEGACY);
  const foreign = buildLegacyFrame({ ...bolus(25), serial: SERIALS.pump + 1 });
  assert.equal(pump.decode(foreign).kind, 'not-for-us');
});

test('a counter in cleartext stops a recording and not a forger who counts on', () => {
  const { handset, pump } = pair(COUNTER_ONLY);
  const recording = handset.encode(bolus(1));
  assert.equal(pump.decode(recording).kind, 'frame');
  assert.deepEqual(pump.decode(recording), { kind: 'refused', operation: 'bolus', reason: 'replayed' });
  const heard = parseLegacyFrame(recording);
  if (heard.kind !== 'frame') return assert.fail('a cleartext frame parses');
  const forged = buildLegacyFrame({ ...heard.frame, counter: (heard.frame.counter ?? 0) + 1 });
  assert.equal(pump.decode(forged).kind, 'frame');
});

test('a key without freshness stops a forgery and not a recording', () => {
  const { handset, pump } = pair(KEY_ONLY);
  const recording = handset.encode(bolus(1));
  assert.equal(pump.decode(recording).kind, 'frame');
  assert.equal(pump.decode(recording).kind, 'frame');
  const forged = buildLegacyFrame({ ...bolus(25), serial: SERIALS.pump });
  assert.deepEqual(pump.decode(forged), { kind: 'refused', operation: 'bolus', reason: 'not-authentic' });
});

test('a secured link never accepts an altered frame', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 25, noNaN: true }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (units, position, mask) => {
        const { handset, pump } = pair(SECURED);
        const bytes = handset.encode(bolus(units));
        bytes[position % bytes.length]! ^= mask;
        assert.notEqual(pump.decode(bytes).kind, 'frame');
      },
    ),
    { numRuns: 300 },
  );
});

test('a secured link never accepts a frame under another key, nor one sent back to its sender', () => {
  const { handset, pump } = pair(SECURED);
  const stranger = createLink({ ...linkOf('handset', SECURED), keys: { handset: linkKey('stranger') } }, NONE);
  assert.deepEqual(pump.decode(stranger.encode(bolus(1))), {
    kind: 'refused',
    operation: 'bolus',
    reason: 'not-authentic',
  });
  assert.notEqual(handset.decode(handset.encode(bolus(1))).kind, 'frame');
});

test('a secured link accepts each frame once, in no order but forwards', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 40 }), (order) => {
      const { handset, pump } = pair(SECURED);
      const sent = Array.from({ length: 12 }, (_, index) => handset.encode(bolus(index)));
      let highest = -1;
      for (const index of order) {
        const accepted = pump.decode(sent[index]!).kind === 'frame';
        assert.equal(accepted, index > highest);
        highest = Math.max(highest, index);
      }
    }),
    { numRuns: 60 },
  );
});

test('what is not authentic does not move the counter', () => {
  const { handset, pump } = pair(SECURED);
  const first = handset.encode(bolus(1));
  const forged = first.slice();
  forged[8] = 200;
  assert.equal(pump.decode(forged).kind, 'refused');
  assert.equal(pump.decode(first).kind, 'frame');
});

test('a secured link takes nothing without its key but what carries sealed content, and that in no other frame', () => {
  const gateway = createLink(linkOf('gateway', SECURED), NONE);
  const pump = createLink(linkOf('pump', SECURED), new Set<Operation>(['platform-command', 'glucose-reading']));
  for (const [number, operation] of OPERATIONS.entries()) {
    const frames = {
      pump: Uint8Array.of(RELAY_FAMILY, 0x24, number, 0, 1, 7),
      gateway: Uint8Array.of(RELAY_FAMILY, 0x45, number, 0, 1, 7),
    };
    for (const [name, codec] of Object.entries({ pump, gateway })) {
      const decoded = codec.decode(frames[name as 'pump' | 'gateway']);
      assert.equal(decoded.kind === 'frame', carriesSealed(operation), `${operation} to the ${name}`);
    }
  }
  const cgm = createLink(linkOf('cgm', SECURED), NONE);
  const sealed = {
    from: 'cgm',
    to: 'gateway',
    operation: 'sealed-report',
    request: 0,
    payload: Uint8Array.of(1, 2, 3),
  } as const;
  const bytes = cgm.encode(sealed);
  assert.deepEqual(gateway.decode(bytes), { kind: 'frame', frame: sealed });
  bytes[0] = SECURED_FAMILY;
  assert.equal(gateway.decode(bytes).kind, 'refused');
});

test('no bytes make a codec throw', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(LEGACY, SECURED, COUNTER_ONLY, KEY_ONLY),
      fc.constantFrom(0xa7, 0xa8, 0xa9, 0xaa, 0),
      fc.uint8Array({ maxLength: 64 }),
      (security, family, bytes) => {
        bytes[0] = family;
        pair(security).pump.decode(bytes);
      },
    ),
  );
});
