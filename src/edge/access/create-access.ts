import { type AccessState, accountByName, applyAccessRecord } from '#assure/access/access-state';
import type { Principal } from '#assure/access/authorization';
import { sessionCredential } from '#assure/access/held-right';
import type { Clock } from '#base/time';
import { randomSecret } from '#crypto/secret';
import type { SubjectId } from '#mirror/history/record';
import { PLATFORM_SUBJECT } from '#mirror/history/record';
import type { Access } from './access.ts';
import { type AccessHistory, createAccessLog } from './access-history.ts';
import { type AccountWish, createAccountDesk } from './account-desk.ts';
import { COMPOSITION } from './actor.ts';
import type { AccessPolicies } from './cedar/access-policies.ts';
import { createCredentialLinks } from './credential-links.ts';
import { createDecisionPoint } from './decision-point.ts';
import { createDecisionRecord } from './decision-record.ts';
import { type AccessNotice, createGlassDesk } from './glass-desk.ts';
import type { OidcConfig } from './oidc/oidc-config.ts';
import { createOidcSignIn } from './oidc/oidc-sign-in.ts';
import { createPasswordDesk } from './password-desk.ts';
import { createProgramTokens, type TokenWish } from './program-tokens.ts';
import { createRevocations } from './revocations.ts';
import { accessRoutes } from './routes/access-routes.ts';
import type { SecretSource } from './secret-text.ts';
import { createSessionTable, SESSION_LIMITS, type SessionLimits } from './sessions.ts';
import { createSignIn } from './sign-in.ts';

export interface AccessDeps {
  /** Folded from history by `applyAccessRecord`. */
  readonly state: AccessState;
  readonly history: AccessHistory;
  readonly policies: AccessPolicies;
  readonly clock: Clock;
  /** Where people and browsers reach the platform, such as `https://ward.example:8443`; asked when it is needed. */
  readonly origin: () => string;
  /** The ward of a subject that is mirrored here. */
  readonly wardOf: (subject: SubjectId) => string | undefined;
  /** Told of what must not go unnoticed. Must not throw. */
  readonly notify: (notice: AccessNotice) => void;
  /** Default: the operating system's randomness. */
  readonly random?: SecretSource;
  readonly oidc?: OidcConfig;
  readonly sessions?: Partial<SessionLimits>;
}

/** What the composition calls beside the port. */
export interface AccessDesk extends Access {
  readonly state: AccessState;
  /** To be called, and awaited, before the first request: records which policies are in force. */
  open(): Promise<void>;
  /** The token of the single-use set-up link `/setup?token=...`, or undefined once the platform is set up. */
  offerSetUp(): string | undefined;
  /** To be called every few seconds: ends what has expired, and records the refusals that were counted. */
  tick(): Promise<void>;
  /** Ends everything of an account whose subject was forgotten; to be called once the record of that is durable. */
  forget(subject: SubjectId): Promise<void>;
  /**
   * A token for a program of the composition's own, whose account is made when it is not there yet. Its earlier tokens of that
   * label end.
   */
  programToken(
    program: Omit<AccountWish, 'kind' | 'oidc' | 'managed'>,
    token: Omit<TokenWish, 'owner'>,
  ): Promise<string>;
  /** The store was lost and found again: from now on the state is what history tells. */
  refold(state: AccessState): Promise<void>;
  /** Records what is still counted; the sessions end with the process. */
  close(): Promise<void>;
}

export function createAccess(deps: AccessDeps): AccessDesk {
  const { clock, random = randomSecret, policies } = deps;
  const log = createAccessLog(deps.state, deps.history, clock);
  const revocations = createRevocations();
  const sessions = createSessionTable(log, clock, random, revocations, { ...SESSION_LIMITS, ...deps.sessions });
  const tokens = createProgramTokens(log, clock, random, revocations);
  const passwords = createPasswordDesk(random);
  const decisions = createDecisionRecord(log, clock);
  // Signed out or idle, a session does nothing more. What was asked for by it before is another matter: `standing`.
  const stands = ({ kind, credential }: Principal): boolean =>
    kind === 'program' || sessions.findBy(credential) !== undefined;
  const { decide, decideHeld } = createDecisionPoint(policies, log, clock, stands);
  const links = createCredentialLinks({
    log,
    clock,
    random,
    passwords,
    issuer: 'Wardtwin',
    mayStill: (by, account) =>
      decideHeld(by, { action: 'manageAccounts', resource: { type: 'Account', account } }).outcome === 'permit',
  });
  const glass = createGlassDesk(log, clock, random, deps.notify);
  const sweep = (): void => {
    sessions.sweep();
    tokens.sweep();
  };
  log.onChange(sweep);

  const access: Omit<Access, 'routes'> = {
    authenticate: ({ session, bearer }) => {
      // Two credentials at once are a mistake or a trick: whose rights would it be?
      if (session !== undefined && bearer !== undefined) return undefined;
      if (bearer !== undefined) return tokens.principalOf(bearer);
      return session === undefined ? undefined : sessions.principalOf(session);
    },
    decide,
    decideHeld,
    authorize: async (principal, question) => {
      const decision = decide(principal, question);
      await decisions.keep(principal, question, decision);
      return decision;
    },
    onRevoked: (credential, ended) => revocations.on(credential, ended),
  };
  const accounts = createAccountDesk({ log, random, links, passwords });
  const routes = accessRoutes({
    access,
    log,
    clock,
    sessions,
    tokens,
    links,
    origin: deps.origin,
    wardOf: deps.wardOf,
    recordRefusal: decisions.keep,
    signIn: createSignIn({ log, clock, random, passwords, sessions }),
    accounts,
    glass,
    ...(deps.oidc === undefined
      ? {}
      : { oidc: createOidcSignIn({ config: deps.oidc, log, clock, random, sessions, origin: deps.origin }) }),
  });

  return {
    ...access,
    routes,
    get state() {
      return log.state;
    },
    open: () =>
      log.change((state) => {
        const ids = policies.statements.map(({ id }) => id);
        const body = { digest: policies.digest, policies: ids };
        const loaded = { kind: 'PolicyLoaded', subject: PLATFORM_SUBJECT, body } as const;
        return { entries: state.policies === policies.digest ? [] : [loaded], answer: undefined };
      }),
    offerSetUp: links.offerSetUp,
    tick: async () => {
      sweep();
      for (const account of glass.expired())
        for (const { id } of sessions.of(account)) revocations.end(sessionCredential(id));
      await decisions.tick();
    },
    forget: (subject) =>
      log.replace((state) => applyAccessRecord(state, { kind: 'SubjectForgotten', subject, body: null })),
    programToken: async (program, wish) => {
      const known = accountByName(log.state, program.name)?.id;
      const owner = known ?? (await accounts.create({ ...program, kind: 'program' }, COMPOSITION, false)).account;
      for (const { id, label } of tokens.of(owner)) if (label === wish.label) await tokens.revoke(id, COMPOSITION);
      return (await tokens.issue(COMPOSITION, { ...wish, owner })).text;
    },
    refold: (state) => log.replace(() => state),
    close: () => decisions.tick(true),
  };
}
