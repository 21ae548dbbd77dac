import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { toHex } from '#base/bytes';
import { HOUR, MINUTE } from '#base/time';
import { loadLaboratory } from '#edge/catalog/laboratory';
import type { Live } from '#edge/live/live';
import { createScaledClock, type TimeScale } from '#edge/machine/scaled-clock';
import { makeEnrolmentToken } from '#edge/pki/enrolment-token';
import { openDataDirectory } from '#edge/serve/data-directory';
import { type RunningServer, startServer } from '#edge/serve/start-server';
import type { ThingWish } from '#platform/fleet/registry';

/** A platform as `npx wardtwin serve` starts it, on free ports, with a time that passes quickly. */
export interface LiveWard {
  readonly server: RunningServer;
  readonly live: Live;
  readonly scale: TimeScale;
  readonly directory: string;
  readonly mqtt: string;
  /** Expects a device; returns its token. */
  expect(wish: Omit<ThingWish, 'subject'>): Promise<string>;
  /** Resolves as soon as `holds`, looked at after every commit. */
  until(holds: (live: Live) => boolean): Promise<void>;
}

export const SUBJECT = 'p-1';

export async function startLiveWard(context: TestContext, speed: number): Promise<LiveWard> {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-device-'));
  const now = Date.now();
  const scale: TimeScale = { realAnchor: now, simulatedAnchor: now, speed };
  const realTime = { now: () => Date.now() };
  const clock = createScaledClock(scale, realTime);
  const server = await startServer({
    config: { http: { port: 0 }, mqtt: { port: 0 } },
    data: openDataDirectory(join(directory, 'data')),
    log: () => {},
    version: 'test',
    realTime,
    clock,
    tickEvery: MINUTE / speed,
  });
  context.after(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const { live } = server;
  await live.act((fleet) => fleet.admitSubject(SUBJECT, 'home'));

  return {
    server,
    live,
    scale,
    directory,
    mqtt: `127.0.0.1:${server.mqttPort}`,
    expect: async (wish) => {
      const { token, digest } = makeEnrolmentToken();
      const offer = { digest: toHex(digest), expiresAt: live.clock.now() + 24 * HOUR, by: 'platform' } as const;
      await live.act((fleet) => fleet.expectThing({ ...wish, subject: SUBJECT }, offer));
      return token;
    },
    until: (holds) =>
      new Promise((resolve) => {
        if (holds(live)) {
          resolve();
          return;
        }
        const stop = live.changes.subscribe(() => {
          if (!holds(live)) return;
          stop();
          resolve();
        });
      }),
  };
}

const laboratory = loadLaboratory();
export const WARD = laboratory.wards.get('closed-loop-home')!;
export const PATIENT = laboratory.patientOf('adult#001');
