import type { ThingId } from '#model/thing/thing-id';
import type { Intake } from './intake.ts';
import { HANDSET, INSULIN_PUMP, type Twin } from './twin.ts';

/** A sequence that is no message's: every one comes after it. */
const NONE_YET = -1;

/** Whether anything was heard of the role, or from it. */
export const isKnown = ({ lastHeard }: Twin, role: ThingId): boolean =>
  Object.hasOwn(lastHeard, role) || Object.values(lastHeard).some(({ sender }) => sender === role);

/**
 * The role has another key or thing: what was said under the former one counts no more, and sequences begin anew. When it was
 * last heard stays, so that silence since then is still noticed. Pure.
 */
export function beginAnew(twin: Twin, role: ThingId): Twin {
  const { [role]: _, ...reported } = twin.reported;
  const { [role]: __, ...ahead } = twin.ahead;
  const lastHeard = Object.fromEntries(
    Object.entries(twin.lastHeard).map(([thing, heard]) => [
      thing,
      heard.sender === role ? { ...heard, sequence: NONE_YET } : heard,
    ]),
  );
  return { ...twin, reported, ahead, lastHeard, intake: withoutCounters(twin.intake, role) };
}

/** A counter of another device is not this one's gone on. */
function withoutCounters(intake: Intake, role: ThingId): Intake {
  const { insulin: _, ...withoutPump } = intake;
  const { carbohydrates: __, ...withoutHandset } = intake;
  if (role === INSULIN_PUMP) return { ...withoutPump, pumpReceivedAt: 0 };
  return role === HANDSET ? withoutHandset : intake;
}
