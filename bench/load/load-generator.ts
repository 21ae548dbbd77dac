import { readFileSync, writeFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { fromHex } from '#base/bytes';
import { createEndpoint, type Endpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { connectPublisher, type Publisher } from './publisher.ts';

/** What the generator is told, in a file: it runs as a process of its own. */
export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  /** One private key for all: whose certificate it is makes the device. */
  readonly key: string;
  readonly things: readonly { readonly thing: string; readonly chain: string; readonly secret: string }[];
  /** Messages per second, of all devices together. */
  readonly rate: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Where the result goes, as JSON. */
  readonly result: string;
}

export interface LoadResult {
  readonly connected: number;
  readonly connectSeconds: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** Connections that the platform closed. */
  readonly closed: number;
  /** Acknowledged per second of the measured time. */
  readonly sustained: number;
  /** From writing to the acknowledgement, milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
}

const AT_ONCE = 16;
const STEP_MS = 5;
/** Beyond so many unacknowledged messages the platform is behind, and sending more would only measure a queue. */
const MOST_UNACKNOWLEDGED = 20_000;

interface Device {
  readonly publisher: Publisher;
  readonly endpoint: Endpoint;
  readonly thing: string;
  sensorAge: number;
}

let closed = 0;

async function connectAll(plan: LoadPlan): Promise<readonly Device[]> {
  const devices: Device[] = [];
  const queue = [...plan.things];
  const connectNext = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { thing, chain, secret } = next;
      const context = createSecureContext({ ca: plan.ca, key: plan.key, cert: chain, minVersion: 'TLSv1.3' });
      const onClosed = (): void => {
        closed += 1;
      };
      const publisher = await connectPublisher({ host: plan.host, port: plan.port, context, thing, onClosed });
      const endpoint = createEndpoint(deriveEnrolmentKey(thing, fromHex(secret)));
      devices.push({ publisher, endpoint, thing, sensorAge: 1_440 });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, connectNext));
  return devices;
}

function sealNext(device: Device): Uint8Array {
  const at = Date.now();
  device.sensorAge += 5;
  return device.endpoint.seal({
    kind: 'Report',
    thing: device.thing,
    sentAt: at,
    measurements: [
      { name: 'glucose', value: 100 + (device.sensorAge % 60), at },
      { name: 'sensorAge', value: device.sensorAge, at },
      { name: 'battery', value: 99, at },
    ],
  });
}

async function generate(plan: LoadPlan): Promise<LoadResult> {
  const startedAt = performance.now();
  const devices = await connectAll(plan);
  const connectSeconds = (performance.now() - startedAt) / 1_000;
  process.send?.({ kind: 'connected', count: devices.length, seconds: connectSeconds });

  const latencies: number[] = [];
  const from = performance.now() + plan.warmUpSeconds * 1_000;
  const until = from + plan.seconds * 1_000;
  let sent = 0;
  let acknowledged = 0;
  let inFlight = 0;
  let measured = 0;
  let turn = 0;
  let debt = 0;
  let last = performance.now();

  await new Promise<void>((resolve) => {
    const step = setInterval(() => {
      const now = performance.now();
      debt = Math.min(debt + ((now - last) / 1_000) * plan.rate, plan.rate);
      last = now;
      if (now >= until) {
        if (inFlight === 0 || now >= until + 5_000) {
          clearInterval(step);
          resolve();
        }
        return;
      }
      for (; debt >= 1 && inFlight < MOST_UNACKNOWLEDGED; debt -= 1) {
        const device = devices[turn % devices.length]!;
        turn += 1;
        const payload = sealNext(device);
        const sentAt = performance.now();
        sent += 1;
        inFlight += 1;
        device.publisher.publish(payload, () => {
          const at = performance.now();
          acknowledged += 1;
          inFlight -= 1;
          if (at < from || at > until) return;
          measured += 1;
          latencies.push(at - sentAt);
        });
      }
    }, STEP_MS);
  });
  const closedBefore = closed;
  for (const { publisher } of devices) publisher.close();
  latencies.sort((left, right) => left - right);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0;
  return {
    connected: devices.length,
    connectSeconds,
    sent,
    acknowledged,
    closed: closedBefore,
    sustained: measured / plan.seconds,
    latency: { p50: at(0.5), p99: at(0.99), max: latencies.at(-1) ?? 0 },
  };
}

if (import.meta.main) {
  // not to outlive whoever measures
  process.on('disconnect', () => process.exit(1));
  const plan = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as LoadPlan;
  const result = await generate(plan);
  writeFileSync(plan.result, `${JSON.stringify(result, undefined, 2)}\n`);
  process.exit(0);
}
