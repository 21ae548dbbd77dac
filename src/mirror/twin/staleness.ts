import type { Millis } from '#base/time';
import type { MgPerDl } from '#base/units';
import type { ThingId } from '#model/thing/thing-id';
import { GLUCOSE, SENSITIVITY } from './kalman.ts';
import type { Twin } from './twin.ts';

/** Time since the thing was last heard; infinite if it never was. By the platform's clock: the device's own may be wrong. */
export function staleness(twin: Twin, thing: ThingId, now: Millis): Millis {
  if (!Object.hasOwn(twin.lastHeard, thing)) return Number.POSITIVE_INFINITY;
  return Math.max(0, now - twin.lastHeard[thing]!.receivedAt);
}

/** How far the twin and its target entity have parted. */
export interface Divergence {
  /** Absent while the twin cannot predict. */
  readonly glucose?: {
    readonly estimated: MgPerDl;
    /** Relative change of insulin's effect that the readings ask for. */
    readonly sensitivity: number;
  };
  /** What was wanted and not acknowledged as done. */
  readonly unfulfilled: readonly {
    readonly thing: ThingId;
    readonly action: string;
    readonly commandId: string;
    readonly age: Millis;
  }[];
}

export function divergence(twin: Twin, now: Millis): Divergence {
  const unfulfilled = Object.entries(twin.desired).flatMap(([thing, actions]) =>
    Object.entries(actions)
      .filter(([, { outcome }]) => outcome !== 'done')
      .map(([action, { commandId, issuedAt }]) => ({ thing, action, commandId, age: now - issuedAt })),
  );
  const estimate = twin.predicted?.estimate;
  if (estimate === undefined) return { unfulfilled };
  return { glucose: { estimated: estimate[GLUCOSE]!, sensitivity: estimate[SENSITIVITY]! }, unfulfilled };
}
