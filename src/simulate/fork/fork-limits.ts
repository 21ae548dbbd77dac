import { MINUTE, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import { numberOf } from '#mirror/twin/intake';
import { GLUCOSE_MONITOR, HANDSET, INSULIN_PUMP, reportedValue, type Twin } from '#mirror/twin/twin';

/** A device unheard of for longer may be in another state than it last told. */
const OLD_MIN: Minutes = 30;
/** [iU]/h between the rate in force and the profile. */
const SAME_RATE = 0.05;

/** What of this twin's state its forks do not carry over, a sentence each; judged at the instant they start from. */
export function forkLimits(twin: Twin, at: Millis): readonly string[] {
  const limits: string[] = [];
  const state = reportedValue(twin, INSULIN_PUMP, 'deliveryState');
  if (state !== undefined && state !== 'delivering') {
    limits.push(`the pump reported \`${String(state)}\`: on a fork it delivers`);
  }
  if (reportedValue(twin, INSULIN_PUMP, 'controlMode') === 'safe-basal') {
    limits.push('the pump runs its safe profile: on a fork it follows the handset');
  }
  const mode = reportedValue(twin, HANDSET, 'mode');
  if (mode === undefined) limits.push('the handset never told its mode: on a fork its controller runs');
  if (mode === 'open-loop' && runsTemporaryRate(twin)) {
    limits.push('the pump runs a temporary basal rate: on a fork it runs its profile');
  }
  for (const thing of [GLUCOSE_MONITOR, INSULIN_PUMP, HANDSET]) {
    const heard = Object.hasOwn(twin.lastHeard, thing) ? twin.lastHeard[thing]!.receivedAt : undefined;
    if (heard === undefined) limits.push(`\`${thing}\` was never heard: its settings are assumed`);
    else if ((at - heard) / MINUTE > OLD_MIN)
      limits.push(`\`${thing}\` was last heard \`${Math.round((at - heard) / MINUTE)}\` min before`);
  }
  return limits;
}

function runsTemporaryRate(twin: Twin): boolean {
  const rate = numberOf(twin.reported[INSULIN_PUMP], 'basalRate');
  const profile = reportedValue(twin, INSULIN_PUMP, 'basalProfile');
  if (rate === undefined || !Array.isArray(profile)) return false;
  return !profile.some((programmed: number) => Math.abs(programmed - rate) <= SAME_RATE);
}
