import { type DetailedError, policySetTextToParts, policyToJson, validate } from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicySources } from './policy-file.ts';

/** What a policy says of itself: its annotations. */
export interface PolicyStatement {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly statement: string;
  readonly reason: string;
  readonly file: string;
}

/** A policy with its text as Cedar reads it. */
export interface CheckedPolicy extends PolicyStatement {
  readonly text: string;
}

export interface PolicyFaultLine {
  readonly file: string;
  /** Absent where the fault is not within one policy. */
  readonly policy?: string;
  readonly fault: string;
}

export interface PolicyCheck {
  readonly policies: readonly CheckedPolicy[];
  /** None: the policies may be put into force. */
  readonly faults: readonly PolicyFaultLine[];
}

/** Ids that decisions use for themselves. */
const RESERVED: readonly string[] = ['default-refuse', 'scope', 'credential', 'question', 'step-up'];
const POLICY_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
const TEXT_LIMIT = 500;

/**
 * Everything that is wrong with a set of policies: what does not parse, what does not validate strictly against the schema, what can
 * never apply (a warning to Cedar, a fault here: a rule that never fires is believed to), and annotations that are missing.
 */
export function checkPolicies(sources: PolicySources): PolicyCheck {
  const parsed = sources.policies.map(({ file, text }) => parseFile(file, text));
  const policies = parsed.flatMap((file) => file.policies);
  const faults = [...parsed.flatMap((file) => file.faults), ...repeated(policies)];
  return { policies, faults: [...faults, ...validated(sources, policies)] };
}

function parseFile(file: string, text: string): PolicyCheck {
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure')
    return { policies: [], faults: parts.errors.map((error) => ({ file, fault: told(error, text) })) };
  const templates = parts.policy_templates.map(() => ({
    file,
    fault: 'holds a template; templates are not linked here, write a policy',
  }));
  const checked = parts.policies.map((policy, index) => parsePolicy(file, policy, index));
  return {
    policies: checked.flatMap(({ policies }) => policies),
    faults: [...templates, ...checked.flatMap(({ faults }) => faults)],
  };
}

function parsePolicy(file: string, text: string, index: number): PolicyCheck {
  const json = policyToJson(text);
  if (json.type === 'failure')
    return { policies: [], faults: json.errors.map((error) => ({ file, fault: told(error, text) })) };
  const { effect, annotations = {} } = json.json;
  const { id = '', statement = '', reason = '' } = annotations;
  const policy = POLICY_ID.test(id) ? id : `${index + 1}.`;
  const faults: PolicyFaultLine[] = [];
  if (!POLICY_ID.test(id) || RESERVED.includes(id))
    faults.push({
      file,
      policy,
      fault: `@id is \`${id}\`; needs 1 to 64 of a-z, 0-9 and "-", and none of ${RESERVED.join(', ')}`,
    });
  for (const [name, value] of Object.entries({ statement, reason })) {
    if (value.trim() === '' || value.length > TEXT_LIMIT)
      faults.push({ file, policy, fault: `@${name} has \`${value.length}\` characters; needs 1 to ${TEXT_LIMIT}` });
  }
  return { policies: [{ id: policy, effect, statement, reason, file, text }], faults };
}

function repeated(policies: readonly CheckedPolicy[]): readonly PolicyFaultLine[] {
  return policies
    .filter(({ id }, index) => policies.findIndex((other) => other.id === id) !== index)
    .map(({ file, id }) => ({ file, policy: id, fault: `@id \`${id}\` is used twice; choose another one` }));
}

function validated({ schema }: PolicySources, policies: readonly CheckedPolicy[]): readonly PolicyFaultLine[] {
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const answer = validate({
    validationSettings: { mode: 'strict' },
    schema: schema.text,
    policies: { staticPolicies },
  });
  if (answer.type === 'failure')
    return answer.errors.map((error) => ({ file: schema.file, fault: told(error, schema.text) }));
  const found = [...answer.validationErrors, ...answer.validationWarnings].map(({ policyId, error }) => {
    const policy = policies.find(({ id }) => id === policyId);
    return { file: policy?.file ?? schema.file, policy: policyId, fault: told(error, policy?.text ?? '') };
  });
  const others = answer.otherWarnings.map((error) => ({ file: schema.file, fault: told(error, schema.text) }));
  return [...found, ...others];
}

/** What Cedar says, with the text it says it of. */
function told({ message, help, sourceLocations = [] }: DetailedError, text: string): string {
  const [place] = sourceLocations;
  // Cedar counts bytes
  const bytes = Buffer.from(text);
  const quoted =
    place === undefined ? '' : bytes.subarray(place.start, Math.min(place.end, place.start + 80)).toString();
  return `${message}${quoted === '' ? '' : `, at \`${quoted.replaceAll(/\s+/g, ' ')}\``}${help === null ? '' : `; ${help}`}`;
}
