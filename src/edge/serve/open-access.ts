import type { Clock } from '#base/time';
import { HOUR, MINUTE } from '#base/time';
import type { AccessPolicies } from '../access/cedar/access-policies.ts';
import { type AccessDesk, createAccess } from '../access/create-access.ts';
import type { OidcConfig } from '../access/oidc/oidc-config.ts';
import type { Live } from '../live/live.ts';
import { type AccessFold, createAccessHistory } from './access-fold.ts';
import type { Log } from './log.ts';
import type { ServeConfig } from './serve-config.ts';

export interface AccessParts {
  readonly live: Live;
  readonly fold: AccessFold;
  readonly policies: AccessPolicies;
  readonly oidc: OidcConfig | undefined;
  readonly sessions: ServeConfig['sessions'];
  /** Real time: people and one-time codes live in it. */
  readonly clock: Clock;
  readonly origin: () => string;
  readonly log: Log;
}

/** Accounts as history tells of them, now and after the store was lost and found. */
export async function openAccess(parts: AccessParts): Promise<AccessDesk> {
  const { live, fold, policies, oidc, sessions, clock, origin, log } = parts;
  const access = createAccess({
    state: fold.state,
    history: createAccessHistory(live),
    policies,
    clock,
    origin,
    wardOf: (subject) => live.fleet.registry.subjects.get(subject)?.ward,
    // about whom is in the grant: the log is no place for patients, by pseudonyms either
    notify: ({ kind, grant, account }) => log('warn', 'access: to be looked at', { kind, grant, account }),
    ...(oidc === undefined ? {} : { oidc }),
    ...(sessions === undefined ? {} : { sessions: sessionLimits(sessions) }),
  });
  await access.open();
  live.onStatus((status) => {
    if (status === 'open') void access.refold(fold.state);
  });
  return access;
}

const sessionLimits = ({ idleMin, absoluteHours }: NonNullable<ServeConfig['sessions']>) => ({
  ...(idleMin === undefined ? {} : { idle: idleMin * MINUTE }),
  ...(absoluteHours === undefined ? {} : { absolute: absoluteHours * HOUR }),
});
