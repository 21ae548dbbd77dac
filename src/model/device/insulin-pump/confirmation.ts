import type { Units } from '#base/units';
import type { ConfirmationRequest } from './insulin-pump-types.ts';

/** A bolus that waits for the person. One at a time. */
export interface PendingBolus {
  readonly request: ConfirmationRequest;
  /** Tells the asker what became of it. */
  readonly settle: (outcome: 'applied' | 'refused' | 'expired') => void;
}

export interface Confirmations {
  /** Shows the request to the person. INVARIANT: called only while none is pending. */
  ask(units: Units, via: ConfirmationRequest['via'], settle: PendingBolus['settle']): ConfirmationRequest;
  isPending(): boolean;
  /** The pending bolus when it is the one that `requestId` names; it is pending no more. */
  take(requestId?: number): PendingBolus | undefined;
}

export function createConfirmations(): Confirmations {
  let asked = 0;
  let pending: PendingBolus | undefined;
  return {
    ask(units, via, settle) {
      asked += 1;
      const request = { requestId: asked, units, via };
      pending = { request, settle };
      return request;
    },
    isPending: () => pending !== undefined,
    take(requestId) {
      if (pending === undefined || (requestId !== undefined && pending.request.requestId !== requestId)) {
        return undefined;
      }
      const taken = pending;
      pending = undefined;
      return taken;
    },
  };
}
