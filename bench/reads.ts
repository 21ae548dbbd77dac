import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyAccessEntry, EMPTY_ACCESS } from '#assure/access/access-state';
import { formatToken } from '#assure/access/token';
import { fromHex } from '#base/bytes';
import { DAY } from '#base/time';
import { randomSecret } from '#crypto/secret';
import { loadAccessPolicies } from '#edge/access/cedar/access-policies';
import { createAccess } from '#edge/access/create-access';
import { digestOf, makeId, makeSecret } from '#edge/access/secret-text';
import { createHttpServer } from '#edge/http/create-http-server';
import { loadCatalogModels } from '#edge/http/wot/catalog-models';
import { createEndpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { BENCH_WARD, type LoadedPlatform, startLoadedPlatform } from './load/loaded-platform.ts';
import type { ReadPlan, ReadResult } from './load/read-generator.ts';

const GENERATOR = fileURLToPath(new URL('./load/read-generator.ts', import.meta.url));
const TWINS = 200;
const SECONDS = 10;
const UNLIMITED = { burst: 1e9, refill: 1e-6 };

/**
 * Reads of the latest state over the API, by a process of its own: HTTPS, a program's token, a decision by the policies and a
 * shaped answer for each. The limits per caller are lifted, since one caller asks for all. The target is 8,000/s.
 */
export async function benchReads(): Promise<void> {
  const platform = await startLoadedPlatform();
  const { live } = platform;
  const subjects = await reportOnce(platform);
  const { state, token } = readerOf(subjects);
  const access = createAccess({
    state,
    history: {
      record: (entries) =>
        live.act((fleet) => {
          for (const { kind, subject, body } of entries) fleet.record(kind, subject, body);
        }),
    },
    policies: loadAccessPolicies(),
    clock: live.clock,
    origin: () => 'https://localhost',
    wardOf: (subject) => live.fleet.registry.subjects.get(subject)?.ward,
    notify: () => {},
  });
  await access.open();
  const server = await createHttpServer({
    live,
    access,
    tls: platform.tls,
    models: loadCatalogModels(),
    limits: { perNetwork: UNLIMITED, perPrincipal: UNLIMITED },
    version: 'bench',
  });
  try {
    const port = await server.listen({ host: '127.0.0.1', port: 0 });
    const whole = subjects.map((subject) => `/api/v1/twins/${subject}`);
    const property = whole.map((path) => `${path}/things/cgm/properties/glucose`);
    for (const [what, paths] of [
      ['latest glucose', property],
      ['whole twin', whole],
    ] as const) {
      const { perSecond, refused, latency } = await readAll(platform, { port, token, paths });
      if (refused > 0) throw new Error(`${refused} reads of the ${what} were refused`);
      console.log(
        `reads     ${what.padEnd(15)} ${Math.round(perSecond).toLocaleString('en')}/s over HTTPS, ` +
          `p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms`,
      );
    }
  } finally {
    await server.close();
    await access.close();
    await platform.close();
  }
}

/** A program that acts for a clinician who looks after them all. */
function readerOf(patients: readonly string[]) {
  const account = 'account-reader';
  const subject = `account/${account}`;
  const id = makeId(randomSecret);
  const secret = makeSecret(randomSecret);
  const now = Date.now();
  const known = {
    account,
    kind: 'person',
    name: 'reader',
    displayName: 'reader',
    managed: false,
    by: account,
  } as const;
  const issued = {
    id,
    owner: account,
    issuer: account,
    label: 'bench',
    scope: ['readTwin'],
    digest: digestOf(secret),
  } as const;
  const state = [
    { kind: 'AccountCreated', subject, body: { ...known, roles: ['clinician'], wards: [BENCH_WARD], patients } },
    { kind: 'TokenIssued', subject, body: { ...issued, issuedAt: now, expiresAt: now + DAY } },
  ] as const;
  return { state: state.reduce(applyAccessEntry, EMPTY_ACCESS), token: formatToken(id, secret) };
}

/** A reading of each twin, so that there is something to read. */
async function reportOnce({ enrol, live }: LoadedPlatform): Promise<readonly string[]> {
  const things = await enrol('cgm', TWINS);
  for (const { thing, secret } of things) {
    const at = live.clock.now();
    const measurements = [{ name: 'glucose', value: 120, at }];
    const bytes = createEndpoint(deriveEnrolmentKey(thing, fromHex(secret))).seal({
      kind: 'Report',
      thing,
      sentAt: at,
      measurements,
    });
    await live.act((fleet) => fleet.receive(bytes, { thing, proven: true, redelivered: false }));
  }
  return things.map(({ thing }) => live.fleet.registry.things.get(thing)!.subject);
}

async function readAll(
  platform: LoadedPlatform,
  asked: Pick<ReadPlan, 'port' | 'token' | 'paths'>,
): Promise<ReadResult> {
  const result = join(platform.directory, 'reads.json');
  const plan: ReadPlan = {
    ...asked,
    ca: platform.ca,
    connections: 16,
    depth: 4,
    warmUpSeconds: 3,
    seconds: SECONDS,
    result,
  };
  const path = join(platform.directory, 'read-plan.json');
  writeFileSync(path, JSON.stringify(plan), { mode: 0o600 });
  const child = fork(GENERATOR, [path], { execArgv: [] });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the reader ended with ${code}`);
  return JSON.parse(readFileSync(result, 'utf8')) as ReadResult;
}

if (import.meta.main) await benchReads();
