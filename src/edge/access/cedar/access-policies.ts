import { fileURLToPath } from 'node:url';
import {
  type AuthorizationAnswer,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs';
import type {
  AuthorizationDecision,
  AuthorizationQuestion,
  Circumstances,
  Principal,
} from '#assure/access/authorization';
import { toHex, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { sha256 } from '#crypto/digest';
import { cedarCall } from './cedar-call.ts';
import { type CheckedPolicy, checkPolicies, type PolicyStatement } from './check-policies.ts';
import { readPolicySources } from './policy-file.ts';

/** Policies in force: the policy decision point. Pure, once it is made. */
export interface AccessPolicies {
  /** SHA-256 of schema and policies, hexadecimal. */
  readonly digest: string;
  readonly statements: readonly PolicyStatement[];
  /** What the policies say of a principal whose credential stands. */
  evaluate(principal: Principal, question: AuthorizationQuestion, circumstances: Circumstances): AuthorizationDecision;
}

/** The policies that are delivered with the program. */
export const standardPolicies: string = fileURLToPath(new URL('../../../../catalog/policies/access', import.meta.url));

/**
 * Reads, validates and parses the policies of a folder, once.
 * @throws Fault `policy.unreadable`, `policy.invalid` (`data.faults`): with such policies the platform does not start
 */
export function loadAccessPolicies(directory: string = standardPolicies): AccessPolicies {
  const sources = readPolicySources(directory);
  const { policies, faults } = checkPolicies(sources);
  const [first] = faults;
  if (first !== undefined) {
    const where = `${first.file}${first.policy === undefined ? '' : `, ${first.policy}`}`;
    const more = faults.length === 1 ? '' : ` (and ${faults.length - 1} more: \`wardtwin policy check\`)`;
    throw new Fault('policy.invalid', `policies \`${directory}\`: ${where}: ${first.fault}${more}`, { faults });
  }
  return preparePolicies(sources.schema.text, policies);
}

function preparePolicies(schema: string, policies: readonly CheckedPolicy[]): AccessPolicies {
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const digest = toHex(sha256(utf8(JSON.stringify([schema, staticPolicies]))));
  // Parsed once under the name of their digest: other policies are another entry, the same ones are the same.
  const answers = [preparseSchema(digest, schema), preparsePolicySet(digest, { staticPolicies })];
  for (const answer of answers) {
    if (answer.type === 'failure')
      throw new Fault('policy.invalid', `policies: ${answer.errors.map(({ message }) => message).join('; ')}`);
  }
  return {
    digest,
    statements: policies.map(({ text: _, ...statement }) => statement),
    evaluate: (principal, question, circumstances) => {
      // A token's scope is asked before the policies, so that no policy can reach past it.
      if (principal.scope !== undefined && !principal.scope.includes(question.action)) return refusedBy('scope');
      return decisionOf(statefulIsAuthorized(cedarCall(digest, principal, question, circumstances)));
    },
  };
}

export const refusedBy = (rule: string): AuthorizationDecision => ({
  outcome: 'refuse',
  determinedBy: [rule],
  failed: [],
});

/**
 * Cedar leaves a policy out that errors, so a prohibition that errors would let pass: here a single error refuses. A question that
 * does not fit the schema is one.
 */
function decisionOf(answer: AuthorizationAnswer): AuthorizationDecision {
  if (answer.type === 'failure') {
    const failed = answer.errors.map(({ message }) => ({ policy: 'question', error: message }));
    return { outcome: 'refuse', determinedBy: ['question'], failed };
  }
  const { decision, diagnostics } = answer.response;
  const failed = diagnostics.errors.map(({ policyId, error }) => ({ policy: policyId, error: error.message }));
  if (failed.length > 0) return { outcome: 'refuse', determinedBy: failed.map(({ policy }) => policy).sort(), failed };
  const determinedBy = [...diagnostics.reason].sort();
  if (decision === 'allow' && determinedBy.length > 0) return { outcome: 'permit', determinedBy, failed };
  return determinedBy.length === 0 ? refusedBy('default-refuse') : { outcome: 'refuse', determinedBy, failed };
}
