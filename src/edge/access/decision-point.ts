import {
  type AuthorizationDecision,
  type AuthorizationQuestion,
  type Circumstances,
  type Principal,
  subjectOf,
} from '#assure/access/authorization';
import { hasBrokenGlass } from '#assure/access/glass';
import { type HeldRight, heldBy, standing } from '#assure/access/held-right';
import type { Clock } from '#base/time';
import type { AccessLog } from './access-history.ts';
import { type AccessPolicies, refusedBy } from './cedar/access-policies.ts';

/** Decisions that are kept; the one that was made longest ago makes room. A decision takes 100 to 200 us, a kept one 2 us. */
const KEPT_LIMIT = 20_000;

export interface DecisionPoint {
  /** Of whoever makes a request now. */
  decide(principal: Principal, question: AuthorizationQuestion): AuthorizationDecision;
  /** Of whoever asked for something earlier, by the rights of now. */
  decideHeld(held: HeldRight, question: AuthorizationQuestion): AuthorizationDecision;
}

/**
 * Decides without a trace. INVARIANT: on the account as it is now, never on what a request or a stream once saw of it. A kept decision
 * is found by the value of everything it rests on (who with which rights, the question, the circumstances), so nothing has to be
 * dropped when any of that changes: it is then another decision.
 */
export function createDecisionPoint(
  policies: AccessPolicies,
  log: AccessLog,
  clock: Clock,
  stands: (principal: Principal) => boolean,
): DecisionPoint {
  const kept = new Map<string, AuthorizationDecision>();

  const decideHeld: DecisionPoint['decideHeld'] = (held, question) => {
    const principal = standing(log.state, held, clock.now());
    if (principal === undefined) return refusedBy('credential');
    const circumstances = circumstancesOf(log, clock, principal, question);
    const { kind, id, roles, wards, patients, scope } = principal;
    const { action, resource, purpose, affordance } = question;
    const subject = subjectOf(resource);
    const treats = subject !== undefined && patients.includes(subject);
    const { brokenGlass, programAccount } = circumstances;
    const asked = [action, resource, purpose, affordance, treats, brokenGlass, programAccount];
    const key = JSON.stringify([kind, id, roles, wards, scope, asked]);
    const before = kept.get(key);
    if (before !== undefined) return before;
    const decision = policies.evaluate(principal, question, circumstances);
    if (kept.size >= KEPT_LIMIT) kept.delete(kept.keys().next().value!);
    kept.set(key, decision);
    return decision;
  };
  return {
    decide: (principal, question) =>
      stands(principal) ? decideHeld(heldBy(principal), question) : refusedBy('credential'),
    decideHeld,
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
      hasBrokenGlass(state.grants, principal, subject, clock.now()),
    programAccount: resource.type === 'Account' && state.accounts[resource.account]?.kind === 'program',
  };
}
