import { numberNow, numberOf } from '#assure/monitor/seen';
import { explanation } from '#base/explanation';
import type { Units } from '#base/units';
import { followNeed, mostCalledFor, type Need, NO_NEED, withoutAnnounced } from './called-for.ts';
import type { Part } from './part.ts';

const SMALLEST: Units = 0.5;

/** Boluses the handset commands against what glucose and carbohydrates call for. */
export const commandedBolusPart: Part<Need> = {
  initial: () => NO_NEED,
  check(state, observation) {
    if (observation.kind === 'replaced' && observation.thing === 'handset') return { state: withoutAnnounced(state) };
    if (observation.kind !== 'message' || observation.message.thing !== 'handset') return { state };
    const need = followNeed(state, observation);
    const { twin, previous, now } = observation;
    const commanded = numberNow(observation, 'handset', 'commandedBolus');
    const before = numberOf(previous, 'handset', 'commandedBolus');
    if (commanded === undefined || before === undefined || commanded - before < SMALLEST) return { state: need };
    const units = commanded - before;
    const called = mostCalledFor(need, twin, now);
    if (called === undefined || units <= called) return { state: need };
    return {
      state: need,
      found: {
        what: 'uncalled-bolus',
        thing: 'handset',
        confidence: 'probable',
        ...explanation('handset: commanded {units} [iU] where at most {called} [iU] are called for', {
          reported: { units, called },
        }),
        everyTime: true,
      },
    };
  },
};
