import type { AccessBodies, AccessEntry } from '#assure/access/access-record';
import type { AccountId } from '#assure/access/account';
import {
  GLASS_LIFETIME,
  GLASS_UNREVIEWED_LIMIT,
  type GlassGrant,
  isInForce,
  reviewObstacle,
} from '#assure/access/glass';
import type { Clock } from '#base/time';
import type { SubjectId } from '#mirror/history/record';
import { accessFault } from './access-fault.ts';
import type { AccessLog } from './access-history.ts';
import type { Actor } from './actor.ts';
import { makeId, type SecretSource } from './secret-text.ts';

/** What people responsible are told at once. Only ids: the reason may tell of a patient, and stays in history. */
export interface AccessNotice {
  readonly kind: 'glass-broken' | 'glass-unjustified';
  readonly grant: string;
  readonly account: AccountId;
  readonly subject: SubjectId;
}

type GlassTaken = AccessBodies['GlassBroken'];

/** Emergency rights: taken by a sentence, loud, and looked at by somebody else afterwards. */
export interface GlassDesk {
  /** @throws Fault `access.conflict` with too many that wait for a review */
  break(by: Actor, subject: SubjectId, reason: string): Promise<GlassTaken>;
  /** @throws Fault `access.conflict` where this reviewer cannot review it */
  review(id: string, by: Actor, finding: 'justified' | 'not-justified', comment: string): Promise<void>;
  list(): readonly GlassGrant[];
  /** Accounts whose emergency rights ran out since it was asked last: what they opened by them must end. */
  expired(): readonly AccountId[];
}

export function createGlassDesk(
  log: AccessLog,
  clock: Clock,
  random: SecretSource,
  notify: (notice: AccessNotice) => void,
): GlassDesk {
  let inForce: readonly GlassGrant[] = [];
  return {
    expired: () => {
      const now = clock.now();
      const before = inForce;
      inForce = Object.values(log.state.grants).filter((grant) => isInForce(grant, now));
      return before.filter((grant) => !isInForce(grant, now)).map(({ account }) => account);
    },
    list: () => Object.values(log.state.grants),
    break: async (by, subject, reason) => {
      const account = by.id;
      const grant = await log.change((state, at) => {
        const waiting = Object.values(state.grants).filter(
          (other) => other.account === account && other.review === undefined,
        );
        if (waiting.length >= GLASS_UNREVIEWED_LIMIT)
          throw accessFault('access.conflict', `emergency rights: \`${waiting.length}\` uses wait for their review`);
        const made: GlassTaken = { id: makeId(random), account, subject, reason, at, until: at + GLASS_LIFETIME };
        // About the patient: it says why somebody saw that patient's data, and is forgotten with them.
        const entry: AccessEntry = { kind: 'GlassBroken', subject, body: made };
        return { entries: [entry], answer: made };
      }, by);
      notify(noticeOf('glass-broken', grant));
      return grant;
    },
    review: async (id, by, finding, comment) => {
      const grant = await log.change((state) => {
        const reviewed = state.grants[id];
        const obstacle = reviewObstacle(reviewed, by.id);
        if (reviewed === undefined || obstacle !== undefined)
          throw accessFault('access.conflict', `emergency rights \`${id}\`: ${obstacle}`);
        const entry: AccessEntry = {
          kind: 'GlassReviewed',
          subject: reviewed.subject,
          body: { id, by: by.id, finding, comment },
        };
        return { entries: [entry], answer: reviewed };
      }, by);
      if (finding === 'not-justified') notify(noticeOf('glass-unjustified', grant));
    },
  };
}

function noticeOf(kind: AccessNotice['kind'], { id, account, subject }: GlassTaken): AccessNotice {
  return { kind, grant: id, account, subject };
}
