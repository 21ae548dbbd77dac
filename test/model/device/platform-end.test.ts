import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { MINUTE } from '#base/time';
import { type SigningKey, signingKeyFromSeed } from '#crypto/sign';
import { createGateway } from '#model/device/gateway';
import { createInsulinPump } from '#model/device/insulin-pump/insulin-pump';
import type { InsulinPump } from '#model/device/insulin-pump/insulin-pump-types';
import { createLink } from '#model/device/link/link';
import { MAX_LINK_PAYLOAD } from '#model/device/link/link-codec';
import { createPlatformEnd, type PlatformEnd } from '#model/device/platform-end';
import { signCommand } from '#model/thing/command-signature';
import type { EndpointState } from '#model/thing/endpoint-state';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { openMessage, sealMessage } from '#model/thing/envelope';
import type { Command } from '#model/thing/message';
import { RESERVED_AHEAD } from '#model/thing/reserved-sequence';
import { COMMAND_KEY } from './command-key.ts';
import { createFakeWard, linkOf, MIDNIGHT, SECURED } from './fake-ward.ts';
import { FLAT_PROFILE, PUMP_ENROLMENT } from './insulin-pump/pump-bench.ts';

const random = createRandom('platform end');
const STRANGER = signingKeyFromSeed('Ed25519', random.fork('stranger').bytes(32));
const POST_QUANTUM = signingKeyFromSeed('ML-DSA-65', random.fork('post-quantum').bytes(32));

const commandOf = (change: Partial<Command> = {}): Command => ({
  kind: 'Command',
  id: 'c-1',
  thing: 'pump',
  action: 'bolus',
  input: { units: 1 },
  issuedAt: MIDNIGHT,
  expiresAt: MIDNIGHT + MINUTE,
  ...change,
});

interface Numbers {
  readonly sequence: number;
  readonly counter: number;
}

const sealed = (command: Command, { sequence, counter }: Numbers, signers: readonly SigningKey[] = [COMMAND_KEY]) =>
  sealMessage(signCommand(command, signers, counter), PUMP_ENROLMENT.downlink, sequence);

const at = (number: number): Numbers => ({ sequence: number, counter: number });

function createEnd(state?: EndpointState): PlatformEnd {
  const { ports } = createFakeWard().device('pump');
  return createPlatformEnd({
    self: 'pump',
    reporting: { thing: 'pump', sealed: true },
    thinning: { settled: new Set(), states: new Set(), slow: new Set() },
    access: {
      enrolment: PUMP_ENROLMENT,
      commandKeys: [COMMAND_KEY.publicKey],
      ...(state === undefined ? {} : { state }),
    },
    link: createLink(linkOf('pump', SECURED), new Set()),
    ports,
  });
}

test('each defect of a command has its reason, and none of them moves what the device keeps', () => {
  const end = createEnd();
  const before = end.snapshot();
  const forged = { ...PUMP_ENROLMENT.downlink, key: PUMP_ENROLMENT.uplink.key };
  const cases = [
    ['not-authentic', sealed(commandOf(), at(7), [STRANGER])],
    ['not-authentic', sealed(commandOf({ thing: 'handset' }), at(7))],
    ['not-authentic', sealMessage(signCommand(commandOf(), [COMMAND_KEY], 7), forged, 7)],
    ['malformed', sealMessage({ kind: 'SignedCommand', signed: new Uint8Array(9) }, PUMP_ENROLMENT.downlink, 7)],
    ['malformed', new Uint8Array(9)],
  ] as const;
  for (const [reason, bytes] of cases) {
    assert.deepEqual(end.openCommand(bytes, MIDNIGHT), { kind: 'refused', reason });
  }
  assert.deepEqual(end.snapshot(), before);
  assert.equal(end.openCommand(sealed(commandOf(), at(0)), MIDNIGHT).kind, 'command');
});

test('a counter that is not above the last one is refused as replayed, under a fresh sequence and after a restart', () => {
  const end = createEnd();
  const replayed = { kind: 'refused', reason: 'replayed' } as const;
  assert.equal(end.openCommand(sealed(commandOf(), at(5)), MIDNIGHT).kind, 'command');
  for (const counter of [5, 4, 0]) {
    assert.deepEqual(end.openCommand(sealed(commandOf(), { sequence: 10 + counter, counter }), MIDNIGHT), replayed);
  }
  const restarted = createEnd(end.snapshot());
  assert.deepEqual(restarted.openCommand(sealed(commandOf(), { sequence: 30, counter: 5 }), MIDNIGHT), replayed);
  assert.equal(restarted.openCommand(sealed(commandOf(), at(6)), MIDNIGHT).kind, 'command');
});

test('an expired command is used up', () => {
  const end = createEnd();
  const bytes = sealed(commandOf({ expiresAt: MIDNIGHT }), at(0));
  assert.equal(end.openCommand(bytes, MIDNIGHT + 1).kind, 'expired');
  // a clock that is set back does not bring it to life
  assert.deepEqual(end.openCommand(bytes, MIDNIGHT), { kind: 'refused', reason: 'replayed' });
});

test('a command of the greatest size that a person can ask for fits a frame of the radio; a second signature does not', () => {
  const profile = commandOf({
    action: 'setBasalProfile',
    input: { rates: FLAT_PROFILE.map((_, hour) => 0.1 + hour / 7) },
  });
  const alert = commandOf({ action: 'alert', input: { text: '\u20ac'.repeat(200) } });
  const last = { sequence: 2 ** 40 - 1, counter: Number.MAX_SAFE_INTEGER };
  for (const command of [profile, alert]) {
    assert.ok(sealed(command, last).length <= MAX_LINK_PAYLOAD / 2);
    assert.ok(sealed(command, last, [COMMAND_KEY, POST_QUANTUM]).length > MAX_LINK_PAYLOAD);
  }
});

test('the gateway says that it does not pass on what no frame can hold', () => {
  const ward = createFakeWard();
  const { ports, traces, sent } = ward.device('gateway');
  const enrolment = deriveEnrolmentKey('gateway', random.fork('gateway').bytes(32));
  const gateway = createGateway({ link: linkOf('gateway', SECURED), thing: 'gateway', enrolment, things: {} }, ports);
  gateway.receive('uplink', sealed(commandOf(), at(0), [COMMAND_KEY, POST_QUANTUM]));
  assert.equal(sent.length, 0);
  assert.deepEqual(traces, [{ kind: 'frame-refused', operation: 'platform-command', reason: 'too-large' }]);
});

/** A pump in a process of its own, whose disk is `disk`. */
function createPumpProcess(disk: { state?: EndpointState; writes: number; isFull?: boolean }) {
  const ward = createFakeWard();
  const { ports, sent, traces } = ward.device('pump');
  const keep = (state: EndpointState): void => {
    if (disk.isFull === true) throw new Error('no space left');
    disk.state = state;
    disk.writes += 1;
  };
  const pump: InsulinPump = createInsulinPump(
    {
      link: linkOf('pump', SECURED),
      reporting: { thing: 'pump', sealed: true },
      enrolment: PUMP_ENROLMENT,
      commandKeys: [COMMAND_KEY.publicKey],
      ...(disk.state === undefined ? {} : { state: disk.state }),
      basalProfile: FLAT_PROFILE,
      maxBolus: 25,
      maxBasal: 10,
      remoteEnabled: true,
      defences: {},
    },
    { ...ports, keep, deliver() {}, askPerson() {} },
  );
  ward.attach('pump', pump);
  const receiver = createLink(linkOf('gateway', SECURED), new Set());
  return {
    ward,
    pump,
    traces,
    command: (bytes: Uint8Array): void => {
      const link = createLink(linkOf('gateway', SECURED), new Set());
      const frame = { from: 'gateway', to: 'all', operation: 'platform-command', request: 0, payload: bytes } as const;
      pump.receive('radio', link.encode(frame));
    },
    /** Sequences of what it has sealed so far. */
    sequences: (): readonly number[] =>
      sent.flatMap(({ bytes }) => {
        const decoded = receiver.decode(bytes);
        if (decoded.kind !== 'frame') return [];
        const opened = openMessage(decoded.frame.payload, () => PUMP_ENROLMENT.uplink);
        return opened.kind === 'Opened' ? [opened.sequence] : [];
      }),
  };
}

test('a pump that is killed uses no sequence twice and takes no command twice; one that is stopped leaves no gap', () => {
  const disk: { state?: EndpointState; writes: number } = { writes: 0 };
  const first = createPumpProcess(disk);
  const bytes = sealed(commandOf(), at(0));
  first.command(bytes);
  first.ward.runFor(30);
  const used = first.sequences();
  assert.ok(used.length > 5);
  assert.equal(disk.writes, 2, 'one for the block of messages, one for the command');

  const killed = createPumpProcess(disk);
  killed.command(bytes);
  assert.ok(killed.traces.some((trace) => trace.kind === 'frame-refused' && trace.reason === 'replayed'));
  killed.ward.runFor(30);
  assert.equal(killed.sequences()[0], RESERVED_AHEAD);
  disk.state = killed.pump.endpointState()!;

  const stopped = createPumpProcess(disk);
  stopped.ward.runFor(10);
  assert.equal(stopped.sequences()[0], killed.sequences().at(-1)! + 1);
});

test('no command takes effect that could not be kept', () => {
  const disk = { writes: 0, isFull: false };
  const { pump, command, traces } = createPumpProcess(disk);
  disk.isFull = true;
  assert.throws(() => command(sealed(commandOf(), at(0))), { message: 'no space left' });
  assert.ok(!traces.some(({ kind }) => kind === 'command-applied'));
  assert.equal(pump.report().find(({ name }) => name === 'bolusDelivered')?.value, 0);
});
