import type { Finding } from '#assure/monitor/finding';
import type { Observation } from '#assure/monitor/rule';
import type { Explanation } from '#base/explanation';

/** What one comparison found; the rule makes a finding of it. */
export interface Found extends Explanation, Pick<Finding, 'thing' | 'confidence'> {
  readonly what: string;
  /** Each occurrence is an act of its own, so that none is held back as a repetition. */
  readonly everyTime?: boolean;
}

/** One comparison of what was commanded, reported and used, with its own memory. Pure. */
export interface Part<State> {
  initial(): State;
  check(state: State, observation: Observation): { readonly state: State; readonly found?: Found };
}
