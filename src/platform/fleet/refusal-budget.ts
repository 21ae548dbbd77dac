import type { Refusal, RefusalReason } from '#mirror/channel/refusal';
import { PLATFORM_SUBJECT, type SubjectId } from '#mirror/history/record';
import type { Registry } from './registry.ts';

/** Refusals of one kind that are recorded between two minutes: of a subject's thing, and of whoever is known to nobody. */
const RECORDED_OF_A_THING = 20;
const RECORDED_OF_STRANGERS = 300;

/**
 * Keeps whoever can send bytes without a key, or bytes of others a second time, from filling history: a foreign broker above all.
 * INVARIANT: only refusals that change nothing but what is known of them are ever left out, and what was left out is counted.
 */
export interface RefusalBudget {
  /** Whether the refusal is to be recorded; otherwise it was counted. */
  take(subject: SubjectId, refusal: Refusal): boolean;
  /** What was left out since this was asked last, one refusal for each kind; the budget is whole again. */
  settle(): readonly { readonly subject: SubjectId; readonly refusal: Refusal }[];
}

interface Spent {
  readonly subject: SubjectId;
  taken: number;
  omitted: number;
  last: Refusal;
}

export function createRefusalBudget({ things }: Pick<Registry, 'things'>): RefusalBudget {
  const spent = new Map<string, Spent>();

  /** By reason and by thing, so that a flood of one kind hides no other. A stranger chooses names: only known ones count. */
  const keyOf = (subject: SubjectId, { reason, claimedSender = '' }: Refusal): string => {
    const isOwn = things.get(claimedSender)?.subject === subject;
    return `${subject} ${reason} ${isOwn ? claimedSender : ''}`;
  };

  return {
    take: (subject, refusal) => {
      if (isHeard(refusal)) return true;
      const key = keyOf(subject, refusal);
      const item = spent.get(key) ?? { subject, taken: 0, omitted: 0, last: refusal };
      spent.set(key, item);
      item.last = refusal;
      const isLeft = item.taken < (subject === PLATFORM_SUBJECT ? RECORDED_OF_STRANGERS : RECORDED_OF_A_THING);
      if (isLeft) item.taken += 1;
      else item.omitted += 1;
      return isLeft;
    },
    settle: () => {
      const late = [...spent.values()].filter(({ omitted }) => omitted > 0);
      spent.clear();
      return late.map(({ subject, omitted, last }) => ({
        subject,
        refusal: { ...last, detail: `\`${omitted}\` more like this were not recorded one by one` },
      }));
    },
  };
}

const REPEATED: readonly RefusalReason[] = ['replayed', 'redelivered', 'too-old'];

/** A genuine message that came for the first time uses up its sequence number: replaying history has to know of it. */
const isHeard = ({ authenticated, reason }: Refusal): boolean => authenticated && !REPEATED.includes(reason);
