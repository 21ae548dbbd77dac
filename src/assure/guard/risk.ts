import type { Millis } from '#base/time';
import type { Minutes } from '#base/units';
import type { HazardRisk } from '#mirror/twin/hazard-risk';
import type { Twin } from '#mirror/twin/twin';
import type { CommandRequest } from './request.ts';

/** All that the guard is told of what is to come. */
export interface Risk {
  /** From now on. */
  readonly horizonMin: Minutes;
  /** Each hazardous situation, the command being carried out. */
  readonly ifDone: readonly HazardRisk[];
  /** The same when the command is refused. */
  readonly ifRefused: readonly HazardRisk[];
}

/**
 * The risk of a command. Undefined where it cannot be told, which refuses whatever adds insulin: no calibrated model, no recent
 * estimate, or a command whose effect the model does not follow.
 */
export type RiskOf = (command: CommandRequest, twin: Twin, now: Millis) => Risk | undefined;
