import { HOUR, type Millis } from '#base/time';
import type { SubjectId } from '#mirror/history/record';
import type { AccountId } from './account.ts';
import type { Principal } from './authorization.ts';

/** Rights over one subject that somebody took in an emergency. Kept until somebody else reviewed it. */
export interface GlassGrant {
  readonly id: string;
  readonly account: AccountId;
  readonly subject: SubjectId;
  readonly reason: string;
  readonly at: Millis;
  readonly until: Millis;
  readonly review?: { readonly by: AccountId; readonly finding: 'justified' | 'not-justified' };
  /** Of the account, when it took them: they end with its credentials (`Account.epoch`). */
  readonly epoch: number;
}

export const GLASS_LIFETIME: Millis = 4 * HOUR;
/** Reasons are read by people: longer ones are cut off by the schema of the route. */
export const GLASS_REASON_MAX = 500;
/** Grants of one account that wait for their review. Loud is not enough for somebody who never stops. */
export const GLASS_UNREVIEWED_LIMIT = 20;

/** Whether the grant gives rights now: a review that finds it unjustified ends it at once. */
export const isInForce = (grant: GlassGrant, now: Millis): boolean =>
  now < grant.until && grant.review?.finding !== 'not-justified';

/** Whether somebody, whose right stands, has taken rights over the subject and still has them. */
export const hasBrokenGlass = (
  grants: Readonly<Record<string, GlassGrant>>,
  { id, epoch }: Pick<Principal, 'id' | 'epoch'>,
  subject: SubjectId,
  now: Millis,
): boolean =>
  Object.values(grants).some(
    (grant) => grant.account === id && grant.epoch === epoch && grant.subject === subject && isInForce(grant, now),
  );

/** Why this reviewer cannot review this grant, or undefined. */
export function reviewObstacle(grant: GlassGrant | undefined, reviewer: AccountId): string | undefined {
  if (grant === undefined) return 'there is no such use of emergency rights, or it was reviewed long ago';
  if (grant.review !== undefined) return 'it was reviewed already';
  if (grant.account === reviewer) return 'nobody reviews the own use of emergency rights; ask another privacy officer';
  return undefined;
}
