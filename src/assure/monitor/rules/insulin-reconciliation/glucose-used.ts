import { numberNow } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import { MINUTE, type Millis, SECOND } from '#base/time';
import type { MgPerDl } from '#base/units';
import type { Part } from './part.ts';

const READINGS = 6;
/** A handset may use a reading this old; older ones it has to refuse. */
const OLDEST_USED_MIN = 15;
/** The monitor's own report of the reading may come after the handset's. */
const SETTLE: Millis = 45 * SECOND;
/** A reading this fresh is the one to be used; without it the reading used may be one whose report got lost. */
const FRESH: Millis = 6 * MINUTE;
const PROBABLE_AFTER = 2;
const CERTAIN_AFTER = 4;

interface State {
  readonly readings: readonly { readonly at: Millis; readonly glucose: MgPerDl }[];
  /** What the handset said it used, until the monitor had its say. */
  readonly pending?: { readonly at: Millis; readonly used: MgPerDl };
  readonly lastUsed?: { readonly at: Millis; readonly used: MgPerDl };
  readonly differing: number;
}

/** Readings that the handset used against those that the monitor reported. */
export const glucoseUsedPart: Part<State> = {
  initial: () => ({ readings: [], differing: 0 }),
  check(state, observation) {
    if (observation.kind === 'tick') return judge(state, observation.now);
    if (observation.kind !== 'message') return { state };
    const { now } = observation;
    const glucose = numberNow(observation, 'cgm', 'glucose');
    if (glucose !== undefined)
      return { state: { ...state, readings: [...state.readings.slice(1 - READINGS), { at: now, glucose }] } };
    const used = numberNow(observation, 'handset', 'glucoseUsed');
    const age = numberNow(observation, 'handset', 'glucoseUsedAge');
    if (used === undefined || age === undefined || age > OLDEST_USED_MIN) return { state };
    const usedAt = now - age * MINUTE;
    // Several reports of one cycle tell of the same reading.
    if (state.lastUsed !== undefined && usedAt - state.lastUsed.at < 3 * MINUTE && used === state.lastUsed.used)
      return { state };
    return { state: { ...state, pending: { at: now, used }, lastUsed: { at: usedAt, used } } };
  },
};

function judge(state: State, now: Millis) {
  const { pending, readings } = state;
  if (pending === undefined || now - pending.at < SETTLE) return { state };
  const { pending: _, ...rest } = state;
  if (readings.some(({ glucose }) => Math.abs(glucose - pending.used) <= 1))
    return { state: { ...rest, differing: 0 } };
  const last = readings.at(-1);
  if (last === undefined || pending.at - last.at > FRESH) return { state: rest };
  const differing = state.differing + 1;
  const next = { ...rest, differing };
  if (differing !== PROBABLE_AFTER && differing < CERTAIN_AFTER) return { state: next };
  return {
    state: next,
    found: {
      what: 'glucose-used-differs',
      thing: 'handset',
      confidence: differing >= CERTAIN_AFTER ? 'certain' : 'probable',
      ...explanation('handset: used {used} mg/dL, the monitor reported {read} mg/dL, {times} times in a row', {
        reported: { used: pending.used, read: last.glucose, times: differing },
      }),
      everyTime: differing === PROBABLE_AFTER || differing === CERTAIN_AFTER,
    },
  } as const;
}
