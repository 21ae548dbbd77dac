import type { Explanation } from '#base/explanation';
import type { GuardContext } from './context.ts';
import type { CommandRequest } from './request.ts';

/** One check of the guard, with all there is to know about it. */
export interface Check<Setting> {
  readonly statement: string;
  /** Therapy that it can cost. */
  readonly cost: string;
  /**
   * Reasons to refuse; empty when the check passes. Pure. May throw: the guard refuses then and says which check failed.
   */
  judge(request: CommandRequest, context: GuardContext, setting: Setting): readonly Explanation[];
}

export const PASSED: readonly Explanation[] = [];
