import { utf8 } from '#base/bytes';
import { createRandom } from '#base/random';
import { createChannel } from '#mirror/channel/receive';
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
  let accepted = 0;
  perSecond('receive', MESSAGES, () => {
    for (const bytes of sealed) if (channel.receive(bytes, START).kind === 'accepted') accepted += 1;
  });
  if (accepted !== MESSAGES) throw new Error(`only ${accepted} messages were accepted`);
  const forged = utf8('no message');
  perSecond('refuse', MESSAGES, () => {
    for (let index = 0; index < MESSAGES; index += 1) channel.receive(forged, START);
  });
}

if (import.meta.main) benchChannel();
