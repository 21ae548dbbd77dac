import { asCbor } from '#base/canonical';
import { createRandom } from '#base/random';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { createChannel } from '#mirror/channel/receive';
import { createHistory } from '#mirror/history/history';
import { createMemoryRecordStore } from '#mirror/history/memory-record-store';
import { createSubjectKeys } from '#mirror/history/subject-keys';
import { createEndpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { Report } from '#model/thing/message';
import type { PropertyAffordance, ThingModel } from '#model/thing/thing-model';

/** About three patient-days of messages in a round, each round with a ward of its own, as in an exercise. */
const MESSAGES = 3_000;
const ROUNDS = 12;
const START = 1_760_000_000_000;

const number = (name: string, maximum: number): [string, PropertyAffordance] => [
  name,
  { name, type: 'number', minimum: 0, maximum, observable: true },
];

const MODEL: ThingModel = {
  id: 'pump',
  title: 'Insulin pump',
  version: '1.0.0',
  properties: new Map([number('insulinRate', 35), number('reservoir', 300), number('battery', 1)]),
  actions: new Map(),
  events: new Map(),
};

function report(index: number): Report {
  const sentAt = START + index * 300_000;
  return {
    kind: 'Report',
    thing: 'pump-1',
    sentAt,
    measurements: [
      { name: 'insulinRate', value: (index % 60) / 40, at: sentAt },
      { name: 'reservoir', value: 300 - index / 10, at: sentAt },
      { name: 'battery', value: 0.87, at: sentAt - 1000 },
    ],
  };
}

type Timings = Map<string, number[]>;

function time(timings: Timings, what: string, work: () => void): void {
  const start = performance.now();
  work();
  const microseconds = (1000 * (performance.now() - start)) / MESSAGES;
  timings.set(what, [...(timings.get(what) ?? []), microseconds]);
}

function round(timings: Timings): void {
  const key = deriveEnrolmentKey('pump-1', createRandom('bench').bytes(32));
  const endpoint = createEndpoint(key);
  const enrolments = [{ thing: 'pump-1', key, speaksFor: [], model: 'pump' }];
  const channel = createChannel({ enrolments, thingModels: new Map([['pump', MODEL]]) });
  const keys = createSubjectKeys((subject) => createRandom(subject).bytes(32));
  const history = createHistory({ origin: 'bench', store: createMemoryRecordStore(), keys, signers: [] });

  const sealed: Uint8Array[] = [];
  time(timings, 'seal', () => {
    for (let index = 0; index < MESSAGES; index += 1) sealed.push(endpoint.seal(report(index)));
  });
  const messages: DeviceMessage[] = [];
  time(timings, 'receive', () => {
    for (const bytes of sealed) {
      const received = channel.receive(bytes, START);
      if (received.kind === 'accepted') messages.push(...received.messages);
    }
  });
  if (messages.length !== MESSAGES) throw new Error(`only ${messages.length} messages were accepted`);
  time(timings, 'append', () => {
    for (const message of messages) {
      history.append({ kind: 'MessageReceived', subject: 'patient-1', at: message.receivedAt, body: asCbor(message) });
    }
  });
  time(timings, 'audit', () => {
    if (history.audit().kind !== 'intact') throw new Error('history is not intact');
  });
  time(timings, 'refuse a replay', () => {
    for (const bytes of sealed) channel.receive(bytes, START);
  });
}

/** Prints how long a message takes to seal, receive, record and audit, on one core, once the engine is warm. */
export function benchChannel(): void {
  const timings: Timings = new Map();
  for (let index = 0; index < ROUNDS; index += 1) round(timings);
  for (const [what, samples] of timings) {
    const sorted = samples.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] as number;
    const rate = Math.round(1_000_000 / median);
    console.log(
      `${what}: ${rate} per second (median ${median.toFixed(1)} us, best ${(sorted[0] as number).toFixed(1)} us)`,
    );
  }
}

if (import.meta.main) benchChannel();
