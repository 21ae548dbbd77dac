import {
  type AuthorizationDecision,
  type AuthorizationQuestion,
  type Circumstances,
  type Principal,
  subjectOf,
} from '#assure/access/authorization';
import { hasBrokenGlass } from '#assure/access/glass';
import type { Clock } from '#base/time';
import type { AccessLog } from './access-history.ts';
import { type AccessPolicies, refusedBy } from './cedar/access-policies.ts';

/** Decisions that are kept; the one that was made longest ago makes room. A decision takes 100 to 200 us, a kept one 2 us. */
const KEPT_LIMIT = 20_000;

/**
 * Decides without a trace. INVARIANT: a kept decision is found by the value of everything it rests on (who with which rights, the
 * question, the circumstances), so nothing has to be dropped when any of that changes: it is then another decision.
 */
export function createDecisionPoint(
  policies: AccessPolicies,
  log: AccessLog,
  clock: Clock,
  stands: (credential: string) => boolean,
): (principal: Principal, question: AuthorizationQuestion) => AuthorizationDecision {
  const kept = new Map<string, AuthorizationDecision>();
  /** Principals are frozen values that last as long as their credential: their text is made once. */
  const texts = new WeakMap<Principal, string>();
  const textOf = (principal: Principal): string => {
    const before = texts.get(principal);
    if (before !== undefined) return before;
    const { kind, id, roles, wards, scope } = principal;
    const text = JSON.stringify([kind, id, roles, wards, scope]);
    texts.set(principal, text);
    return text;
  };

  return (principal, question) => {
    if (!stands(principal.credential)) return refusedBy('credential');
    const circumstances = circumstancesOf(log, clock, principal, question);
    const { action, resource, purpose, affordance } = question;
    const subject = subjectOf(resource);
    const treats = subject !== undefined && principal.patients.includes(subject);
    const { brokenGlass, programAccount } = circumstances;
    const asked = JSON.stringify([action, resource, purpose, affordance, treats, brokenGlass, programAccount]);
    const key = `${textOf(principal)}${asked}`;
    const before = kept.get(key);
    if (before !== undefined) return before;
    const decision = policies.evaluate(principal, question, circumstances);
    if (kept.size >= KEPT_LIMIT) kept.delete(kept.keys().next().value!);
    kept.set(key, decision);
    return decision;
  };
}

function circumstancesOf(
  { state }: AccessLog,
  clock: Clock,
  principal: Principal,
  { resource }: AuthorizationQuestion,
): Circumstances {
  const subject = subjectOf(resource);
  return {
    // Emergency rights are a person's: a program of the same account does not have them.
    brokenGlass:
      subject !== undefined &&
      principal.kind === 'person' &&
      hasBrokenGlass(state.grants, principal.id, subject, clock.now()),
    programAccount: resource.type === 'Account' && state.accounts[resource.account]?.kind === 'program',
  };
}
