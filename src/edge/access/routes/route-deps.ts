import type { FastifyRequest } from 'fastify';
import type { AuthorizationDecision, AuthorizationQuestion, Principal } from '#assure/access/authorization';
import type { Clock } from '#base/time';
import type { SubjectId } from '#mirror/history/record';
import type { Access } from '../access.ts';
import { accessFault } from '../access-fault.ts';
import type { AccessLog } from '../access-history.ts';
import type { AccountDesk } from '../account-desk.ts';
import type { Actor } from '../actor.ts';
import type { CredentialLinks } from '../credential-links.ts';
import type { DecisionRecord } from '../decision-record.ts';
import type { GlassDesk } from '../glass-desk.ts';
import type { OidcSignIn } from '../oidc/oidc-sign-in.ts';
import type { ProgramTokens } from '../program-tokens.ts';
import { credentialsOf } from '../request-credentials.ts';
import type { SessionTable } from '../sessions.ts';
import type { SignIn } from '../sign-in.ts';

export interface RouteDeps {
  readonly access: Omit<Access, 'routes'>;
  readonly log: AccessLog;
  readonly clock: Clock;
  readonly sessions: SessionTable;
  readonly tokens: ProgramTokens;
  readonly links: CredentialLinks;
  readonly signIn: SignIn;
  readonly accounts: AccountDesk;
  readonly glass: GlassDesk;
  readonly oidc?: OidcSignIn;
  readonly origin: () => string;
  readonly wardOf: (subject: SubjectId) => string | undefined;
  readonly recordRefusal: DecisionRecord['keep'];
}

/** Somebody who was permitted what he asked for, and may be asked again. */
export type Permitted = Principal & Actor;

/** Who makes the request. @throws Fault `access.unauthenticated` */
export function requirePrincipal({ access }: RouteDeps, request: FastifyRequest): Principal {
  const principal = access.authenticate(credentialsOf(request.headers));
  if (principal === undefined)
    throw accessFault('access.unauthenticated', 'request: shows no session and no token that stands; sign in');
  return principal;
}

/** Somebody who signed in: programs have no password to change and no session to end. @throws Fault */
export function requirePerson(deps: RouteDeps, request: FastifyRequest): Principal {
  const principal = requirePrincipal(deps, request);
  if (principal.kind === 'program')
    throw accessFault('access.refused', 'request: only a person can do this, not a program', {
      determinedBy: ['people-only'],
    });
  return principal;
}

/** Who makes the request, if the policies permit what it asks for. @throws Fault `access.unauthenticated`, `access.refused` */
export async function requirePermit(
  deps: RouteDeps,
  request: FastifyRequest,
  question: AuthorizationQuestion,
): Promise<Permitted> {
  const principal = requirePrincipal(deps, request);
  requirePermitted(question, await deps.access.authorize(principal, question));
  const requireStill = (): void => {
    const decision = deps.access.decide(principal, question);
    // recorded when its own turn comes; a store that cannot has told so by then
    if (decision.outcome === 'refuse') deps.recordRefusal(principal, question, decision).catch(() => {});
    requirePermitted(question, decision);
  };
  return { ...principal, requireStill };
}

function requirePermitted({ action }: AuthorizationQuestion, { outcome, determinedBy }: AuthorizationDecision): void {
  if (outcome !== 'permit')
    throw accessFault('access.refused', `\`${action}\`: refused by ${determinedBy.join(', ')}`, { determinedBy });
}
