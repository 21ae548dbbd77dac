import { join } from 'node:path';
import { toHex } from '#base/bytes';
import { DAY, HOUR } from '#base/time';
import type { Action } from '../access/access.ts';
import type { AccessDesk } from '../access/create-access.ts';
import { PRIVATE, replaceFile } from '../machine/durable-file.ts';
import type { TimeScale } from '../machine/scaled-clock.ts';
import { makeEnrolmentToken } from '../pki/enrolment-token.ts';
import type { Log } from '../serve/log.ts';
import type { RunningServer } from '../serve/start-server.ts';
import { DEMO_SUBJECT, type DemoWard, startDemo } from './demo-ward.ts';

const TOKEN_LIFETIME = HOUR;
const BY = 'demo';
/** What whoever looks at the demo ward may do: look. */
const VIEWER_SCOPE: readonly Action[] = ['readTwin', 'readHistory', 'readThing', 'readIncident', 'forkTwin'];

/** Starts the demo ward's devices against a platform that runs in this process, by the ways that any device takes. */
export async function joinDemo(
  server: RunningServer,
  directory: string,
  caFile: string,
  scale: TimeScale,
  log: Log,
): Promise<DemoWard> {
  const { live, origin, mqttPort } = server;
  return startDemo({
    origin: server.localOrigin,
    mqtt: `localhost:${mqttPort}`,
    caFile,
    directory: join(directory, 'devices'),
    scale,
    admit: async (subject, ward) => {
      if (!live.fleet.registry.subjects.has(subject)) await live.act((fleet) => fleet.admitSubject(subject, ward));
    },
    offer: async (wish) => {
      const { token, digest } = makeEnrolmentToken();
      // by the platform's clock, which runs faster here
      const expiresAt = live.clock.now() + TOKEN_LIFETIME * scale.speed;
      await live.act((fleet) => fleet.expectThing(wish, { digest: toHex(digest), expiresAt, by: 'platform' }));
      return token;
    },
    isCommissioned: (subject) => live.fleet.subject(subject)?.twin.commissioned !== undefined,
    commission: async (subject, model) => {
      await live.act((fleet) => fleet.commission(subject, model, BY));
    },
    log: (message, data) => log('info', message, { origin, ...data }),
  });
}

/**
 * A token to look at the demo ward with, for a day, in a file that only its owner reads. Made anew at every start; those before
 * expire. It is the one credential that nobody asked for by name, and it reads the made-up patient and nothing else.
 */
export async function writeViewerToken(access: AccessDesk, directory: string): Promise<string> {
  const { wards, patients } = { wards: ['closed-loop-home'], patients: [DEMO_SUBJECT] };
  const token = await access.programToken(
    { name: 'demo-viewer', displayName: 'whoever looks at the demo ward', roles: ['clinician'], wards, patients },
    { label: 'demo', scope: VIEWER_SCOPE, lifetime: DAY },
  );
  const path = join(directory, 'watch-token');
  replaceFile(path, `${token}\n`, PRIVATE);
  return path;
}
