import { DAY, MINUTE, type Millis } from '#base/time';
import type { HistoryReader } from '#edge/live/history-reader';
import type { SubjectId } from '#mirror/history/record';
import type { NumberSample } from '#mirror/twin/property-samples';
import { createSampler, numbersOf } from '#mirror/twin/property-samples';
import { type RemainingLife, remainingLife, SENSOR_LIFE_MIN, SUPPLIES, sensorLife } from '#mirror/twin/remaining-life';
import { GLUCOSE_MONITOR, INSULIN_PUMP } from '#mirror/twin/twin';

/** How long one supply of a subject lasts. */
export interface Supply {
  readonly thing: string;
  readonly property: string;
  readonly life: RemainingLife;
}

/** As far as consumption is looked back on here. */
const LOOKED_BACK: Millis = 14 * DAY;
/** Of a supply that is told more often, one value in this time is enough. */
const SAMPLE_EVERY: Millis = 5 * MINUTE;

const READ = [
  { thing: INSULIN_PUMP, property: 'reservoir', lifeOf: (of: Samples) => remainingLife(of, SUPPLIES.reservoir) },
  { thing: INSULIN_PUMP, property: 'battery', lifeOf: (of: Samples) => remainingLife(of, SUPPLIES.pumpBattery) },
  {
    thing: GLUCOSE_MONITOR,
    property: 'battery',
    lifeOf: (of: Samples) => remainingLife(of, SUPPLIES.transmitterBattery),
  },
  {
    thing: GLUCOSE_MONITOR,
    property: 'sensorAge',
    lifeOf: (of: Samples) => sensorLife(of, SENSOR_LIFE_MIN['glucose-monitor']!),
  },
] as const;

type Samples = readonly NumberSample[];

/** Reads what devices told of their supplies up to `at` and says how long each lasts. */
export async function suppliesOf(history: HistoryReader, subject: SubjectId, at: Millis): Promise<readonly Supply[]> {
  const collected = READ.map(({ thing, property }) => ({
    samplesIn: createSampler(thing, property),
    samples: [] as NumberSample[],
  }));
  for await (const message of history.messages(subject, at - LOOKED_BACK, at + 1)) {
    for (const { samplesIn, samples } of collected) {
      for (const sample of numbersOf(samplesIn(message))) {
        const isSameSlot = slotOf(samples.at(-1)) === slotOf(sample);
        // the last value of each slot stands for it
        if (isSameSlot) samples.pop();
        samples.push(sample);
      }
    }
  }
  return READ.map(({ thing, property, lifeOf }, index) => ({
    thing,
    property,
    life: lifeOf(collected[index]!.samples),
  }));
}

const slotOf = (sample: NumberSample | undefined): number | undefined =>
  sample === undefined ? undefined : Math.floor(sample.at / SAMPLE_EVERY);
