import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { Fault } from '#base/fault';
import type { Live } from '../live/live.ts';
import type { WitnessStanding } from '../witness/ask-witnesses.ts';

/** Figures of a running platform for Prometheus. None of them is about a person. */
export interface Metrics {
  /** One commit: how many records, how long it took, milliseconds. */
  committed(records: number, took: number): void;
  /** Answers a scrape. */
  serve(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

const COMMIT_BUCKETS = [0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

export function createMetrics(
  live: () => Live | undefined,
  witnesses: () => readonly WitnessStanding[] = () => [],
): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  const meter = provider.getMeter('wardtwin');

  const commits = meter.createHistogram('wardtwin_commit_duration_ms', {
    description: 'time until a group of records was durable',
    advice: { explicitBucketBoundaries: COMMIT_BUCKETS },
  });
  const records = meter.createCounter('wardtwin_records_durable', {
    description: 'records made durable since the start',
  });
  gauge('wardtwin_up', 'whether the platform takes in messages: 1 or 0', () => (live()?.status === 'open' ? 1 : 0));
  gauge('wardtwin_history_records', 'records in history', (open) => open.changes.next);
  gauge('wardtwin_subjects', 'subjects that are mirrored', ({ fleet }) => fleet.registry.subjects.size);
  gauge('wardtwin_devices_connected', 'devices with an open connection', ({ fleet }) => {
    let connected = 0;
    for (const { connection } of fleet.registry.things.values()) if (connection.state === 'connected') connected += 1;
    return connected;
  });
  gauge('wardtwin_kill_switch', 'whether all commands are stopped: 1 or 0', ({ fleet }) => (fleet.killSwitch ? 1 : 0));
  gauge('wardtwin_kill_switch_wards', 'wards whose commands are stopped', ({ fleet }) => fleet.stoppedWards.size);
  gauge('process_resident_memory_bytes', 'memory of the process', () => process.memoryUsage.rss());
  const kinds = meter.createObservableCounter('wardtwin_records', { description: 'records since the start, by kind' });
  const byKind = new Map<string, number>();
  kinds.addCallback((result) => {
    for (const [kind, count] of byKind) result.observe(count, { kind });
  });

  const ofWitnesses = (name: string, description: string, read: (standing: WitnessStanding) => number): void =>
    meter.createObservableGauge(name, { description }).addCallback((result) => {
      for (const standing of witnesses()) result.observe(read(standing), { witness: standing.name });
    });
  ofWitnesses(
    'wardtwin_witness_cosigned_age_seconds',
    'time since a witness had cosigned all that was there, or since the start',
    ({ sinceCosigned }) => sinceCosigned / 1_000,
  );
  ofWitnesses('wardtwin_witness_contradicts', 'whether a witness vouches for another past: 1 or 0', (standing) =>
    standing.isContradicted ? 1 : 0,
  );

  function gauge(name: string, description: string, read: (open: Live) => number): void {
    meter.createObservableGauge(name, { description }).addCallback((result) => {
      const platform = live();
      if (name === 'wardtwin_up' || name.startsWith('process_')) result.observe(read(platform as Live));
      else if (platform?.status === 'open') result.observe(read(platform));
    });
  }

  let isFollowing = false;
  const follow = (): void => {
    const platform = live();
    if (isFollowing || platform === undefined) return;
    isFollowing = true;
    platform.changes.subscribe((changes) => {
      for (const { record } of changes) byKind.set(record.kind, (byKind.get(record.kind) ?? 0) + 1);
    });
  };

  return {
    committed: (count, took) => {
      follow();
      commits.record(took);
      records.add(count);
    },
    serve: (request, response) => exporter.getMetricsRequestHandler(request, response),
    close: () => provider.shutdown(),
  };
}

/** Metrics on a listener of their own. @throws Fault `serve.listen` */
export async function listenForScrapes(metrics: Metrics, host: string, port: number): Promise<Server> {
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 4_096 },
    (request, response) => {
      if (request.method === 'GET' && request.url === '/metrics') metrics.serve(request, response);
      else response.writeHead(404).end();
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Fault('serve.listen', `metrics: cannot listen on \`${host}:${port}\`: ${error.message}`)),
    );
    server.listen(port, host, () => resolve());
  });
  return server;
}
