import { type AccessDecided, type AccessEntry, accountSubject } from '#assure/access/access-record';
import {
  ACTIONS,
  type AuthorizationDecision,
  type AuthorizationQuestion,
  type Principal,
  purposeOf,
} from '#assure/access/authorization';
import { cutText } from '#base/cut-text';
import { type Clock, MINUTE, type Millis } from '#base/time';
import type { AccessLog } from './access-history.ts';
import { resourceName } from './cedar/cedar-call.ts';

/**
 * Records what was decided: every privileged permit, and refusals without being flooded by them. The first refusal of its kind (same
 * credential, action, resource, purpose and policies) is recorded at once; those of the minute after it become one record with
 * their number, made at the next `tick` or when the next one comes. A credential with too many different refusals in a minute
 * has the rest counted together.
 */
export interface DecisionRecord {
  /** Resolves when the decision is on record, or counted beside one that is. */
  keep(principal: Principal, question: AuthorizationQuestion, decision: AuthorizationDecision): Promise<void>;
  /** Records what was counted and is older than a minute; `all`: whatever its age. */
  tick(all?: boolean): Promise<void>;
}

/** Different refusals that are told apart: in all, and of one credential within a minute. */
const KINDS_LIMIT = 2_000;
const KINDS_PER_CREDENTIAL = 60;
const ERROR_LIMIT = 300;

interface Counted {
  readonly decided: AccessDecided;
  readonly since: Millis;
  more: number;
}

type Settled = readonly [key: string, item: Counted];

export function createDecisionRecord(log: AccessLog, clock: Clock): DecisionRecord {
  const counted = new Map<string, Counted>();

  /** Records, and takes those that were settled back into the table where that fails: what was counted is not lost. */
  const record = async (settled: readonly Settled[], more: readonly AccessEntry[] = []): Promise<void> => {
    const late = settled
      .filter(([, item]) => item.more > 0)
      .map(([, { decided, more: count, since }]) => refused(decided, count, since));
    const entries = [...late, ...more];
    try {
      if (entries.length > 0) await log.change(() => ({ entries, answer: undefined }));
    } catch (failure) {
      for (const [key, item] of settled) if (!counted.has(key)) counted.set(key, item);
      throw failure;
    }
  };
  const settle = (over: (item: Counted) => boolean): readonly Settled[] => {
    const settled = [...counted].filter(([, item]) => over(item));
    for (const [key] of settled) counted.delete(key);
    return settled;
  };
  const count = async (decided: AccessDecided): Promise<void> => {
    const now = clock.now();
    const settled = [...settle(({ since }) => now - since >= MINUTE)];
    const own = keyOf(decided);
    const kinds = [...counted.values()].filter((item) => item.decided.credential === decided.credential).length;
    const key = counted.has(own) || kinds < KINDS_PER_CREDENTIAL ? own : `${decided.credential} and more`;
    const before = counted.get(key);
    if (before !== undefined) {
      before.more += 1;
      return record(settled);
    }
    if (counted.size >= KINDS_LIMIT) {
      const oldest = Math.min(...[...counted.values()].map(({ since }) => since));
      settled.push(...settle(({ since }) => since === oldest));
    }
    counted.set(key, { decided, since: now, more: 0 });
    try {
      await record(settled, [refused(decided, 1, now)]);
    } catch (failure) {
      counted.delete(key);
      throw failure;
    }
  };

  return {
    keep: async (principal, question, decision) => {
      const decided = decidedOf(principal, question, decision);
      if (decision.outcome === 'refuse') await count(decided);
      else if (ACTIONS[question.action].privileged)
        await record([], [{ kind: 'AccessPermitted', subject: accountSubject(decided.account), body: decided }]);
    },
    tick: async (all = false) => {
      const now = clock.now();
      await record(settle(({ since }) => all || now - since >= MINUTE));
    },
  };
}

const refused = (decided: AccessDecided, count: number, since: Millis): AccessEntry => ({
  kind: 'AccessRefused',
  subject: accountSubject(decided.account),
  body: { ...decided, count, since },
});

const keyOf = ({ credential, action, resource, purpose, affordance, determinedBy }: AccessDecided): string =>
  JSON.stringify([credential, action, resource, purpose, affordance, determinedBy]);

function decidedOf(
  principal: Principal,
  question: AuthorizationQuestion,
  { determinedBy, failed }: AuthorizationDecision,
): AccessDecided {
  const { action, resource, affordance } = question;
  return {
    account: principal.id,
    credential: principal.credential,
    action,
    resource: resourceName(resource),
    purpose: purposeOf(principal, question),
    ...(affordance === undefined ? {} : { affordance }),
    determinedBy,
    failed: failed.map(({ policy, error }) => ({ policy, error: cutText(error, ERROR_LIMIT) })),
  };
}
