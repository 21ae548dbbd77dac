import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromHex } from '#base/bytes';
import { createEndpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { LoadPlan, LoadResult } from './load/load-generator.ts';
import { type LoadedPlatform, startLoadedPlatform } from './load/loaded-platform.ts';

const GENERATOR = fileURLToPath(new URL('./load/load-generator.ts', import.meta.url));
const CONNECTIONS = Number(process.env['BENCH_CONNECTIONS'] ?? 5_000);
const RATE = Number(process.env['BENCH_RATE'] ?? 3_500);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 20);
const WARM_UP_SECONDS = 5;
const LOCAL_THINGS = 500;
const LOCAL_MESSAGES = 60_000;
/** Messages under way at once in process: what as many connections would have. */
const LOCAL_WINDOW = 256;

/**
 * The live ward's figures: ingest without and with the broker, and memory. Platform and generator are two processes on one machine:
 * on two cores each takes from the other. Every message is authenticated, sealed into history, logged in the Merkle tree, applied
 * to its twin and monitored, on SQLite, and acknowledged when it is on disk. Targets: 10,000/s in process, 3,000/s over MQTT with
 * mutual TLS at a p99 below 250 ms, 5,000 connected twins in 1.5 GB.
 */
export async function benchIngest(): Promise<void> {
  const platform = await startLoadedPlatform();
  try {
    console.log(`ingest    in process          ${perSecond(await ingestInProcess(platform))}`);
    const startedAt = performance.now();
    const things = await platform.enrol('cgm', CONNECTIONS);
    const enrolled = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`ingest    ${CONNECTIONS} twins admitted and enrolled in ${enrolled} s`);
    const result = await ingestByMqtt(platform, things);
    const { p50, p99, max } = result.latency;
    console.log(
      `ingest    MQTT, mutual TLS    ${perSecond(result.sustained)} of ${RATE} wanted, ` +
        `${result.connected} connections (${result.connectSeconds.toFixed(0)} s), ` +
        `to PUBACK p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, max ${max.toFixed(0)} ms; ` +
        `${result.sent - result.acknowledged} of ${result.sent} unacknowledged, ${result.closed} closed`,
    );
    console.log(`ingest    history holds ${platform.live.changes.next} records`);
  } finally {
    await platform.close();
  }
}

const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en')} messages/s`;

/** Messages that were sealed before, handed in as fast as they are taken. */
async function ingestInProcess(platform: LoadedPlatform): Promise<number> {
  const things = await platform.enrol('local', LOCAL_THINGS);
  const endpoints = things.map(({ thing, secret }) => ({
    thing,
    endpoint: createEndpoint(deriveEnrolmentKey(thing, fromHex(secret))),
  }));
  const messages = Array.from({ length: LOCAL_MESSAGES }, (_, index) => {
    const { thing, endpoint } = endpoints[index % LOCAL_THINGS]!;
    const at = Date.now();
    const measurements = [
      { name: 'glucose', value: 100 + (index % 60), at },
      { name: 'sensorAge', value: 1_440 + Math.floor(index / LOCAL_THINGS), at },
      { name: 'battery', value: 99, at },
    ];
    return { thing, bytes: endpoint.seal({ kind: 'Report', thing, sentAt: at, measurements }) };
  });
  const transport = { proven: true, redelivered: false };
  let next = 0;
  let refused = 0;
  const handIn = async (): Promise<void> => {
    while (next < messages.length) {
      const { thing, bytes } = messages[next]!;
      next += 1;
      const { outcome } = await platform.live.act((fleet) => fleet.receive(bytes, { ...transport, thing }));
      if (outcome !== 'accepted') refused += 1;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: LOCAL_WINDOW }, handIn));
  if (refused > 0) throw new Error(`${refused} messages were refused`);
  return LOCAL_MESSAGES / ((performance.now() - startedAt) / 1_000);
}

async function ingestByMqtt(platform: LoadedPlatform, things: LoadPlan['things']): Promise<LoadResult> {
  const plan: LoadPlan = {
    host: '127.0.0.1',
    port: platform.port,
    ca: platform.ca,
    key: platform.deviceKey,
    things,
    rate: RATE,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: SECONDS,
    result: join(platform.directory, 'load.json'),
  };
  const path = join(platform.directory, 'plan.json');
  writeFileSync(path, JSON.stringify(plan), { mode: 0o600 });
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, 500);
  const child = fork(GENERATOR, [path], { execArgv: [] });
  child.on('message', () => {
    const megabytes = Math.round(process.memoryUsage.rss() / 1e6);
    console.log(`ingest    memory of the platform with ${things.length} connected: ${megabytes} MB`);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`the generator ended with ${code}`);
  console.log(`ingest    memory of the platform, highest under load: ${Math.round(highest / 1e6)} MB`);
  return JSON.parse(readFileSync(plan.result, 'utf8')) as LoadResult;
}

if (import.meta.main) await benchIngest();
