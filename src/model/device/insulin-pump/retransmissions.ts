import { type Millis, SECOND } from '#base/time';
import type { LinkFrame } from '../link/link-codec.ts';
import type { Operation } from '../link/operation.ts';
import type { LinkOutcome } from '../link/payload.ts';
import type { Peer } from '../link/peer.ts';

/**
 * A frame that repeats the request number and operation of its sender's latest one within this time is a retransmission: it
 * is answered again and not carried out again. Later the number may be in use for a new request, so the frame counts: this is
 * no protection against replay and does not pretend to be.
 */
export const RETRANSMISSION_PERIOD: Millis = 15 * SECOND;

export interface Retransmissions {
  /** What was answered to the request that `frame` repeats; undefined when it is a new one. */
  answerTo(frame: LinkFrame, now: Millis): LinkOutcome | undefined;
  remember(frame: LinkFrame, outcome: LinkOutcome, now: Millis): void;
}

export function createRetransmissions(): Retransmissions {
  const latest = new Map<Peer, { request: number; operation: Operation; outcome: LinkOutcome; at: Millis }>();
  return {
    answerTo(frame, now) {
      const last = latest.get(frame.from);
      if (last === undefined || last.request !== frame.request || last.operation !== frame.operation) return undefined;
      return now - last.at < RETRANSMISSION_PERIOD ? last.outcome : undefined;
    },
    remember({ from, request, operation }, outcome, now) {
      const last = latest.get(from);
      // Written over and not made anew: this is done with every request.
      if (last === undefined) {
        latest.set(from, { request, operation, outcome, at: now });
        return;
      }
      last.request = request;
      last.operation = operation;
      last.outcome = outcome;
      last.at = now;
    },
  };
}
