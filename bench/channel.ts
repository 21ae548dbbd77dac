import { utf8 } from '#base/bytes';
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

const MESSAGES = 30_000;
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

const report = (index: number): Report => ({
  kind: 'Report',
  thing: 'pump-1',
  sentAt: START + index * 300_000,
  measurements: [
    { name: 'insulinRate', value: 1.05, at: START + index * 300_000 },
    { name: 'reservoir', value: 123.45, at: START + index * 300_000 },
    { name: 'battery', value: 0.87, at: START + index * 300_000 - 1000 },
  ],
});

function perSecond(what: string, count: number, work: () => void): void {
  const start = performance.now();
  work();
  const milliseconds = performance.now() - start;
  const rate = Math.round((1000 * count) / milliseconds);
  console.log(`${what}: ${rate} per second, ${((1000 * milliseconds) / count).toFixed(1)} us each`);
}

/** Prints how many messages per second are sealed, received and recorded, on one core. */
export function benchChannel(): void {
  const secret = createRandom('bench').bytes(32);
  const key = deriveEnrolmentKey('pump-1', secret);
  const endpoint = createEndpoint(key);
  const enrolment = { thing: 'pump-1', key, speaksFor: [], model: 'pump' };
  const channel = createChannel({ enrolments: [enrolment], thingModels: new Map([['pump', MODEL]]) });

  const sealed: Uint8Array[] = [];
  perSecond('seal', MESSAGES, () => {
    for (let index = 0; index < MESSAGES; index += 1) sealed.push(endpoint.seal(report(index)));
  });
  console.log(`bytes of a report on the wire: ${sealed[0]?.length}`);
  const messages: DeviceMessage[] = [];
  perSecond('receive', MESSAGES, () => {
    for (const bytes of sealed) {
      const received = channel.receive(bytes, START);
      if (received.kind === 'accepted') messages.push(received.message);
    }
  });
  if (messages.length !== MESSAGES) throw new Error(`only ${messages.length} messages were accepted`);

  const keys = createSubjectKeys((subject) => createRandom(subject).bytes(32));
  const history = createHistory({ origin: 'bench', store: createMemoryRecordStore(), keys, signers: [] });
  perSecond('append', MESSAGES, () => {
    for (const message of messages) {
      history.append({ kind: 'MessageReceived', subject: 'patient-1', at: message.receivedAt, body: asCbor(message) });
    }
  });
  perSecond('audit', MESSAGES, () => {
    if (history.audit().kind !== 'intact') throw new Error('history is not intact');
  });
  const forged = utf8('no message');
  perSecond('refuse', MESSAGES, () => {
    for (let index = 0; index < MESSAGES; index += 1) channel.receive(forged, START);
  });
}

if (import.meta.main) benchChannel();
