import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCanonical, encodeCanonical } from '#base/canonical';
import { createRandom } from '#base/random';
import { signingKeyFromSeed } from '#crypto/sign';
import { createCommandSealer } from '#mirror/channel/command-sealer';
import { deviceMessages } from '#mirror/channel/device-message';
import type { Enrolment } from '#mirror/channel/enrolment';
import { type Channel, type ChannelDeps, createChannel, type Received } from '#mirror/channel/receive';
import type { RefusalReason } from '#mirror/channel/refusal';
import { signCommand } from '#model/thing/command-signature';
import { BUNDLE_LIMIT, decodeContent, encodeContent } from '#model/thing/content';
import { createEndpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { MESSAGE_LIMIT, sealMessage } from '#model/thing/envelope';
import type { Acknowledgement, Command, Report } from '#model/thing/message';
import { REPLAY_WINDOW } from '#model/thing/replay-window';
import type { PropertyAffordance, ThingModel } from '#model/thing/thing-model';

const AT = 1_760_000_000_000;
const NOW = AT + 150;
const random = createRandom('channel');
const pumpKey = deriveEnrolmentKey('pump-1', random.bytes(32));
const gatewayKey = deriveEnrolmentKey('gateway-1', random.bytes(32));
const foreignKey = deriveEnrolmentKey('pump-1', random.bytes(32));

const model = (id: string, ...properties: readonly PropertyAffordance[]): ThingModel => ({
  id,
  title: id,
  version: '1.0.0',
  properties: new Map(properties.map((property) => [property.name, property])),
  actions: new Map(),
  events: new Map(),
});

const thingModels = new Map([
  ['pump', model('pump', { name: 'rate', type: 'number', unit: '[iU]/h', minimum: 0, maximum: 35, observable: true })],
  [
    'monitor',
    model('monitor', { name: 'glucose', type: 'integer', unit: 'mg/dL', minimum: 40, maximum: 400, observable: true }),
  ],
  ['gateway', model('gateway')],
]);

const enrolments: readonly Enrolment[] = [
  { thing: 'pump-1', key: pumpKey, speaksFor: [], model: 'pump' },
  { thing: 'gateway-1', key: gatewayKey, speaksFor: ['monitor-1', 'stranger-1'], model: 'gateway' },
  { thing: 'monitor-1', speaksFor: [], model: 'monitor' },
];

const open = (rest: Partial<ChannelDeps> = {}): Channel => createChannel({ enrolments, thingModels, ...rest });

const pumpReport = (rate: number, rest: Partial<Report['measurements'][number]> = {}): Report => ({
  kind: 'Report',
  thing: 'pump-1',
  sentAt: AT,
  measurements: [{ name: 'rate', value: rate, at: AT, ...rest }],
});
const glucoseReport = (glucose: number): Report => ({
  kind: 'Report',
  thing: 'monitor-1',
  sentAt: AT,
  measurements: [{ name: 'glucose', value: glucose, at: AT }],
});
const acknowledgement: Acknowledgement = {
  kind: 'Acknowledgement',
  thing: 'pump-1',
  commandId: 'c-1',
  outcome: 'done',
  at: AT,
};
const commandKey = signingKeyFromSeed('Ed25519', random.fork('command').bytes(32));
const command: Command = {
  kind: 'Command',
  id: 'c-1',
  thing: 'pump-1',
  action: 'suspend',
  input: {},
  issuedAt: AT,
  expiresAt: AT + 60_000,
};

const reasonOf = (received: Received): RefusalReason | 'accepted' =>
  received.kind === 'accepted' ? 'accepted' : received.refusal.reason;

test('a genuine report becomes a device message', () => {
  const received = open().receive(sealMessage(pumpReport(1.05), pumpKey.uplink, 42), NOW);
  assert.deepEqual(received, {
    kind: 'accepted',
    sender: 'pump-1',
    sequence: 42,
    contentKind: 'Report',
    payload: encodeContent(pumpReport(1.05)),
    messages: [
      {
        kind: 'DeviceMessage',
        sender: 'pump-1',
        thing: 'pump-1',
        sequence: 42,
        sentAt: AT,
        receivedAt: NOW,
        content: pumpReport(1.05),
      },
    ],
  });
});

test('a bundle becomes one device message for each report, all of its sequence number', () => {
  const both = [enrolments[0]!, { ...enrolments[1]!, speaksFor: ['monitor-1', 'pump-1'] }, enrolments[2]!];
  const reports = [glucoseReport(120), pumpReport(1), glucoseReport(121)];
  const channel = open({ enrolments: both });
  const received = channel.receive(sealMessage({ kind: 'Bundle', reports }, gatewayKey.uplink, 7), NOW);
  assert.deepEqual(
    received.kind === 'accepted' &&
      received.messages.map(({ sender, thing, sequence, content }) => [sender, thing, sequence, content]),
    reports.map((report) => ['gateway-1', report.thing, 7, report]),
  );
  assert.deepEqual(
    received.kind === 'accepted' && deviceMessages({ kind: 'Bundle', reports }, 'gateway-1', 7, NOW),
    received.kind === 'accepted' && received.messages,
  );
});

test('a bundle with one report that is refused is refused as a whole', () => {
  const refusalOf = (...reports: readonly Report[]) =>
    reasonOf(open().receive(sealMessage({ kind: 'Bundle', reports }, gatewayKey.uplink, 0), NOW));
  assert.equal(refusalOf(glucoseReport(120), glucoseReport(130)), 'accepted');
  assert.equal(refusalOf(glucoseReport(120), pumpReport(1)), 'not-spoken-for');
  assert.equal(refusalOf(glucoseReport(9_000), glucoseReport(120)), 'value-out-of-model');
  const foreign = { ...glucoseReport(120), measurements: [{ name: 'rate', value: 1, at: AT }] };
  assert.equal(refusalOf(glucoseReport(120), foreign), 'not-in-thing-model');
});

test('the content of a bundle is bounded and canonical', () => {
  const reports = Array.from({ length: BUNDLE_LIMIT }, (_, index) => glucoseReport(100 + index));
  const content = encodeContent({ kind: 'Bundle', reports });
  assert.deepEqual(decodeContent('Bundle', content, 16_384), { kind: 'Bundle', reports });
  const items = decodeCanonical(content, 16_384);
  assert.ok(Array.isArray(items));
  assert.deepEqual(encodeCanonical(items), content);
  for (const malformed of [[], [...items, items[0]], {}, [1]]) {
    assert.throws(() => decodeContent('Bundle', encodeCanonical(malformed), 16_384), { code: 'content.malformed' });
  }
});

test('an acknowledgement is taken like a report', () => {
  const received = open().receive(sealMessage(acknowledgement, pumpKey.uplink, 0), NOW);
  const [message] = received.kind === 'accepted' ? received.messages : [];
  assert.deepEqual([message?.content, message?.sentAt, message?.receivedAt], [acknowledgement, AT, NOW]);
});

test('a gateway speaks for the things enrolled with it and for no other', () => {
  const channel = open();
  const gateway = createEndpoint(gatewayKey);
  const received = channel.receive(gateway.seal(glucoseReport(120)), NOW);
  assert.equal(received.kind === 'accepted' && received.messages[0]?.sender, 'gateway-1');
  assert.equal(received.kind === 'accepted' && received.messages[0]?.thing, 'monitor-1');
  assert.equal(reasonOf(channel.receive(gateway.seal(pumpReport(1)), NOW)), 'not-spoken-for');
  const stranger = { ...glucoseReport(120), thing: 'stranger-1' };
  const refused = channel.receive(gateway.seal(stranger), NOW);
  assert.equal(reasonOf(refused), 'not-spoken-for', 'spoken for but not enrolled');
  assert.equal(refused.kind === 'refused' && refused.refusal.detail, '`gateway-1` does not speak for `stranger-1`');
});

test('each defect has its reason, and the reason is the first in the order of checks', () => {
  const channel = open({ limits: { messageBytes: 400 } });
  const pump = createEndpoint(pumpKey);
  const unknown = deriveEnrolmentKey('pump-9', random.bytes(32));
  const keyless = deriveEnrolmentKey('monitor-1', random.bytes(32));
  const cases: readonly (readonly [RefusalReason, Uint8Array, RegExp])[] = [
    ['too-large', new Uint8Array(401), /^`401` bytes$/],
    ['malformed', new Uint8Array(400), /^(cose|cbor|envelope): /],
    ['malformed', new Uint8Array(3), /^(cose|cbor|envelope): /],
    ['unknown-sender', createEndpoint(unknown).seal(pumpReport(1)), /^no key of `pump-9`$/],
    ['unknown-sender', createEndpoint(keyless).seal(glucoseReport(100)), /^no key of `monitor-1`$/],
    ['not-authentic', createEndpoint(foreignKey).seal(pumpReport(1)), /does not open it$/],
    ['not-authentic', createCommandSealer(pumpKey, { signers: [commandKey] }).seal(command), /does not open it$/],
    ['wrong-content', sealMessage(signCommand(command, [commandKey], 0), pumpKey.uplink, 1000), /sent a command$/],
    ['replayed', sealMessage(pumpReport(1), pumpKey.uplink, 1000), /^sequence `1000`$/],
    ['not-in-thing-model', pump.seal(pumpReport(1, { name: 'speed' })), /^property `speed` of `pump`$/],
    ['not-in-thing-model', pump.seal(pumpReport(1, { name: 'toString' })), /^property `toString` of `pump`$/],
    ['not-in-thing-model', pump.seal(pumpReport(1, { unit: '[iU]/min' })), /^unit `.*min` of `rate`, expected `.*h`$/],
    ['not-in-thing-model', pump.seal(pumpReport(1, { value: '1' })), /^`rate` is not of type number$/],
    ['not-in-thing-model', pump.seal(pumpReport(Number.NaN)), /^`rate` is not of type number$/],
    ['value-out-of-model', pump.seal(pumpReport(36)), /^`rate` is `36`$/],
    ['value-out-of-model', pump.seal(pumpReport(-1)), /^`rate` is `-1`$/],
  ];
  for (const [reason, bytes, detail] of cases) {
    const received = channel.receive(bytes, NOW);
    assert.equal(reasonOf(received), reason);
    assert.ok(received.kind === 'refused');
    assert.match(received.refusal.detail, detail);
    assert.deepEqual([received.refusal.kind, received.refusal.at], ['Refusal', NOW]);
  }
  assert.equal(reasonOf(channel.receive(pump.seal(pumpReport(1, { unit: '[iU]/h' })), NOW)), 'accepted');
});

test('a refusal says whether its sender is proven', () => {
  const strange = open().receive(new Uint8Array(3), NOW);
  assert.ok(strange.kind === 'refused');
  const { detail, ...refusal } = strange.refusal;
  assert.deepEqual(refusal, { kind: 'Refusal', reason: 'malformed', authenticated: false, at: NOW }, detail);
  const forged = open().receive(createEndpoint(foreignKey).seal(pumpReport(1)), NOW);
  assert.ok(forged.kind === 'refused' && forged.refusal.claimedSender === 'pump-1' && !forged.refusal.authenticated);
  const genuine = open().receive(createEndpoint(pumpKey).seal(pumpReport(99)), NOW);
  assert.ok(genuine.kind === 'refused' && genuine.refusal.claimedSender === 'pump-1' && genuine.refusal.authenticated);
});

test('one property out of the model refuses the whole report', () => {
  const report = pumpReport(1);
  const mixed: Report = { ...report, measurements: [...report.measurements, { name: 'rate', value: 36, at: AT }] };
  assert.equal(reasonOf(open().receive(sealMessage(mixed, pumpKey.uplink, 0), NOW)), 'value-out-of-model');
});

test('a stamp ahead excuses nothing: what is kept as said fits its Thing Model, and speaks for itself', () => {
  const hour = 3_600_000;
  const reasonFor = (rate: number, rest: Partial<Report['measurements'][number]>) =>
    reasonOf(open().receive(sealMessage(pumpReport(rate, { at: NOW + hour, ...rest }), pumpKey.uplink, 0), NOW));
  assert.equal(reasonFor(36, {}), 'value-out-of-model');
  assert.equal(reasonFor(1, { name: 'toString' }), 'not-in-thing-model');
  assert.equal(reasonFor(1, {}), 'accepted');
  const received = open().receive(sealMessage(pumpReport(1.5, { at: NOW + hour }), pumpKey.uplink, 0), NOW);
  assert.ok(received.kind === 'accepted');
  const [message] = received.messages;
  assert.ok(message?.content.kind === 'Report');
  assert.deepEqual([message.content.measurements, message.ahead], [[], [{ name: 'rate', value: 1.5, at: NOW + hour }]]);
});

test('no message is accepted twice, in any order, and every fresh one is accepted once', () => {
  const sealed = Array.from({ length: 40 }, (_, sequence) => sealMessage(pumpReport(1), pumpKey.uplink, sequence));
  fc.assert(
    fc.property(fc.array(fc.nat({ max: sealed.length - 1 }), { maxLength: 120 }), (arrivals) => {
      const channel = open();
      const seen = new Set<number>();
      for (const sequence of arrivals) {
        const expected = seen.has(sequence) ? 'replayed' : 'accepted';
        assert.equal(reasonOf(channel.receive(sealed[sequence]!, NOW)), expected);
        seen.add(sequence);
      }
    }),
    { numRuns: 30 },
  );
});

test('no altered message is ever accepted, and none moves the replay window', () => {
  const bytes = sealMessage(pumpReport(1), pumpKey.uplink, 300);
  const channel = open();
  for (let index = 0; index < bytes.length; index += 1) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const altered = bytes.slice();
      altered[index]! ^= mask;
      assert.notEqual(reasonOf(channel.receive(altered, NOW)), 'accepted', `byte ${index}`);
    }
  }
  assert.deepEqual(channel.snapshot(), open().snapshot());
  assert.equal(reasonOf(channel.receive(bytes, NOW)), 'accepted');
});

test('no foreign message is ever accepted: neither another secret, nor another direction, nor another sender\u2019s key', () => {
  const key = fc.constantFrom(
    foreignKey.uplink,
    foreignKey.downlink,
    pumpKey.downlink,
    gatewayKey.uplink,
    gatewayKey.downlink,
  );
  const channel = open();
  const before = channel.snapshot();
  fc.assert(
    fc.property(
      key,
      fc.nat({ max: 2 ** 31 }),
      fc.double({ min: 0, max: 35, noNaN: true }),
      (foreign, sequence, rate) => {
        const bytes = sealMessage(pumpReport(rate), { ...foreign, owner: 'pump-1' }, sequence);
        assert.equal(reasonOf(channel.receive(bytes, NOW)), 'not-authentic');
      },
    ),
    { numRuns: 150 },
  );
  assert.deepEqual(channel.snapshot(), before);
});

test('a message older than the window is refused even if it was never seen', () => {
  const channel = open();
  channel.receive(sealMessage(pumpReport(1), pumpKey.uplink, 5000), NOW);
  assert.equal(
    reasonOf(channel.receive(sealMessage(pumpReport(1), pumpKey.uplink, 5000 - REPLAY_WINDOW), NOW)),
    'too-old',
  );
  assert.equal(
    reasonOf(channel.receive(sealMessage(pumpReport(1), pumpKey.uplink, 5001 - REPLAY_WINDOW), NOW)),
    'accepted',
  );
});

test('a genuine message that does not fit the model has used up its sequence', () => {
  const channel = open();
  const bytes = sealMessage(pumpReport(99), pumpKey.uplink, 7);
  assert.equal(reasonOf(channel.receive(bytes, NOW)), 'value-out-of-model');
  assert.equal(reasonOf(channel.receive(bytes, NOW)), 'replayed');
});

test('a restart from kept state forgets no message and no revocation', () => {
  const channel = open();
  const bytes = sealMessage(pumpReport(1), pumpKey.uplink, 7);
  channel.receive(bytes, NOW);
  channel.revoke('gateway-1');
  const state = JSON.parse(JSON.stringify(channel.snapshot())) as NonNullable<ChannelDeps['state']>;
  const restarted = open({ state });
  assert.deepEqual(restarted.snapshot(), channel.snapshot());
  assert.equal(reasonOf(restarted.receive(bytes, NOW)), 'replayed');
  assert.equal(reasonOf(restarted.receive(sealMessage(glucoseReport(100), gatewayKey.uplink, 0), NOW)), 'revoked');
});

test('a revoked key opens nothing more, also about it through another', () => {
  const channel = open();
  const gateway = createEndpoint(gatewayKey);
  assert.equal(reasonOf(channel.receive(gateway.seal(glucoseReport(100)), NOW)), 'accepted');
  const revocationOf = (bytes: Uint8Array): unknown => {
    const received = channel.receive(bytes, NOW);
    return received.kind === 'refused' && [received.refusal.reason, received.refusal.detail];
  };
  channel.revoke('monitor-1');
  assert.deepEqual(revocationOf(gateway.seal(glucoseReport(100))), ['revoked', 'the enrolment of `monitor-1`']);
  channel.revoke('pump-1');
  assert.deepEqual(revocationOf(createEndpoint(pumpKey).seal(pumpReport(1))), ['revoked', 'the enrolment of `pump-1`']);
});

test('enrolling again with the same key keeps its window, with a new one starts anew and retires the old', () => {
  const channel = open();
  const bytes = sealMessage(pumpReport(1), pumpKey.uplink, 7);
  channel.receive(bytes, NOW);
  channel.revoke('pump-1');
  channel.enrol(enrolments[0]!);
  assert.equal(reasonOf(channel.receive(bytes, NOW)), 'replayed');
  channel.enrol({ ...enrolments[0]!, key: foreignKey });
  assert.equal(reasonOf(channel.receive(sealMessage(pumpReport(1), pumpKey.uplink, 8), NOW)), 'not-authentic');
  assert.equal(reasonOf(channel.receive(sealMessage(pumpReport(1), foreignKey.uplink, 7), NOW)), 'accepted');
  assert.throws(() => channel.enrol({ ...enrolments[0]!, model: 'none' }), {
    code: 'channel.unknown-model',
    message: 'enrolment of `pump-1`: no thing model `none`',
    data: { thing: 'pump-1' },
  });
});

test('a window is kept for each thing that has a key, and taken up again for the key that it has now', () => {
  const channel = open();
  const used = sealMessage(pumpReport(1), pumpKey.uplink, 7);
  channel.receive(used, NOW);
  const { windows } = channel.snapshot();
  assert.deepEqual(
    windows.map(({ thing, fingerprint, state }) => [thing, fingerprint, state.highest]),
    [
      ['pump-1', pumpKey.fingerprint, 7],
      ['gateway-1', gatewayKey.fingerprint, -1],
    ],
  );
  const restarted = open();
  restarted.resume('pump-1', windows[0]!.state);
  assert.equal(reasonOf(restarted.receive(used, NOW)), 'replayed');
  assert.equal(reasonOf(restarted.receive(sealMessage(pumpReport(1), pumpKey.uplink, 8), NOW)), 'accepted');
  const before = restarted.snapshot();
  restarted.resume('nobody', windows[0]!.state);
  assert.deepEqual(restarted.snapshot(), before);
});

test('what history tells of is not taken again, in any order, and moves nothing twice', () => {
  const channel = open();
  for (const sequence of [9, 4, 4]) channel.note('pump-1', sequence);
  channel.note('nobody', 3);
  for (const [sequence, reason] of [
    [4, 'replayed'],
    [9, 'replayed'],
    [5, 'accepted'],
    [10, 'accepted'],
  ] as const) {
    assert.equal(reasonOf(channel.receive(sealMessage(pumpReport(1), pumpKey.uplink, sequence), NOW)), reason);
  }
  channel.note('pump-1', 5_000);
  channel.note('pump-1', 10);
  assert.equal(channel.snapshot().windows[0]?.state.highest, 5_000);
});

test('the greatest message is at most what an envelope may be', () => {
  assert.doesNotThrow(() => open({ limits: { messageBytes: MESSAGE_LIMIT } }));
  assert.throws(() => open({ limits: { messageBytes: MESSAGE_LIMIT + 1 } }), /a message has at most 16384 bytes/);
});

test('a defect of ours is no malformed message', () => {
  const defective = new Map(thingModels.get('pump')!.properties);
  defective.get = () => {
    throw new TypeError('a defect');
  };
  const channel = open({
    thingModels: new Map([...thingModels, ['pump', { ...model('pump'), properties: defective }]]),
  });
  assert.throws(() => channel.receive(sealMessage(pumpReport(1), pumpKey.uplink, 0), NOW), /a defect/);
});

test('a unit of a property that has none is named', () => {
  const bare = model('pump', { name: 'rate', type: 'number', observable: true });
  const channel = open({ thingModels: new Map([...thingModels, ['pump', bare]]) });
  const received = channel.receive(sealMessage(pumpReport(1, { unit: 'h' }), pumpKey.uplink, 0), NOW);
  assert.equal(received.kind === 'refused' && received.refusal.detail, 'unit `h` of `rate`, expected `none`');
  assert.equal(reasonOf(channel.receive(sealMessage(pumpReport(1), pumpKey.uplink, 1), NOW)), 'accepted');
});

test('a command reaches its device, and no other one opens it', () => {
  const sealer = createCommandSealer(pumpKey, { signers: [commandKey] });
  const commandKeys = [commandKey.publicKey];
  const bytes = sealer.seal(command);
  assert.deepEqual(sealer.snapshot(), { nextSequence: 1, nextCounter: 1 });
  const opened = createEndpoint(pumpKey, { commandKeys }).openCommand(bytes);
  assert.deepEqual(opened.kind === 'OpenedCommand' && opened.command, command);
  for (const other of [gatewayKey, foreignKey]) {
    assert.equal(createEndpoint(other, { commandKeys }).openCommand(bytes).kind, 'EnvelopeRefusal');
  }
});
