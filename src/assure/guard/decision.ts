import type { Explanation } from '#base/explanation';

/** What became of a request, and why. A decision is a value: it goes to history as it is. */
export interface Decision {
  readonly kind: 'permit' | 'refuse';
  /** Ids of the checks that determined it: all that passed for a permit, those that refused or failed for a refusal. */
  readonly determinedBy: readonly string[];
  /** Checks that could not be carried out. INVARIANT: not empty only in a refusal. */
  readonly failed: readonly { readonly check: string; readonly error: string }[];
  /** One for each reason to refuse; empty in a permit. */
  readonly reasons: readonly Explanation[];
}

export const refusedBy = (determinedBy: string, ...reasons: readonly Explanation[]): Decision => ({
  kind: 'refuse',
  determinedBy: [determinedBy],
  failed: [],
  reasons,
});
