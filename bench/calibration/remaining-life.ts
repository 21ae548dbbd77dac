import { DAY, HOUR, MINUTE, type Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { type NumberSample, numbersOf, samplesOf } from '#mirror/twin/property-samples';
import { remainingLife, SUPPLIES } from '#mirror/twin/remaining-life';

/** A supply, and how much of it is taken to be left when its end is foretold. */
interface GaugeUnderTest {
  readonly name: string;
  readonly supply: keyof typeof SUPPLIES;
  readonly thing: string;
  readonly property: string;
  /** Multiplied by a day's mean consumption where that is what differs between people. */
  readonly lefts: readonly { readonly text: string; readonly amount: number; readonly perDay: boolean }[];
}

const daysWorth = (amount: number) => ({ text: `${amount} days' worth`, amount, perDay: true });
const points = (amount: number) => ({ text: `${amount} %`, amount, perDay: false });

export const GAUGES: readonly GaugeUnderTest[] = [
  {
    name: 'reservoir',
    supply: 'reservoir',
    thing: 'pump',
    property: 'reservoir',
    lefts: [0.25, 0.5, 1, 2].map(daysWorth),
  },
  { name: 'pump battery', supply: 'pumpBattery', thing: 'pump', property: 'battery', lefts: [2, 5, 10].map(points) },
  {
    name: 'transmitter battery',
    supply: 'transmitterBattery',
    thing: 'cgm',
    property: 'battery',
    lefts: [1, 2, 3].map(points),
  },
];

export interface GaugeCheck {
  readonly historyDays: number;
  readonly left: string;
  readonly inside: number;
  readonly count: number;
  readonly widthHours: number;
  readonly errorHours: number;
}

const HISTORY_DAYS = [3, 5];
/** Between one foretelling and the next: no whole number of days, so that they fall on all hours. */
const SPACING: Millis = 8.5 * HOUR;

/**
 * The end is when as much was consumed as was left: what is refilled meanwhile makes no difference, so that no run has to
 * wait for an empty reservoir.
 */
export function judgeLives(gauge: GaugeUnderTest, lives: readonly (readonly DeviceMessage[])[]): readonly GaugeCheck[] {
  const series = lives.map((messages) => sorted(numbersOf(samplesOf(messages, gauge.thing, gauge.property))));
  return HISTORY_DAYS.flatMap((historyDays) =>
    gauge.lefts.map((left) => {
      const check = { historyDays, left: left.text, inside: 0, count: 0, widthHours: 0, errorHours: 0 };
      for (const values of series) {
        const consumed = consumption(values, SUPPLIES[gauge.supply].refillAbove);
        const perDay = (consumed.at(-1)! * DAY) / (values.at(-1)!.at - values[0]!.at);
        const amount = left.amount * (left.perDay ? perDay : 1);
        for (let now = values[0]!.at + historyDays * DAY; now < values.at(-1)!.at - DAY / 2; now += SPACING) {
          foretell(check, values, consumed, { gauge, historyDays, amount, now });
        }
      }
      return { ...check, widthHours: check.widthHours / check.count, errorHours: check.errorHours / check.count };
    }),
  );
}

type Tally = { -readonly [Name in keyof GaugeCheck]: GaugeCheck[Name] };

interface Foretelling {
  readonly gauge: GaugeUnderTest;
  readonly historyDays: number;
  readonly amount: number;
  readonly now: Millis;
}

function foretell(
  tally: Tally,
  values: readonly NumberSample[],
  consumed: readonly number[],
  { gauge, historyDays, amount, now }: Foretelling,
): void {
  const told = values.findLastIndex(({ at }) => at <= now);
  const history = values.slice(0, told + 1).filter(({ at }) => at >= now - historyDays * DAY);
  const last = values[told]!;
  const life = remainingLife(history, SUPPLIES[gauge.supply], last.value - amount);
  if (life.kind === 'unknown') return;
  // Only where the run is long enough for the whole interval: otherwise those that last long would be left out.
  if (last.at + life.latestMin * MINUTE > values.at(-1)!.at) return;
  const end = consumed.findIndex((amountThen, index) => index > told && amountThen - consumed[told]! >= amount - 1e-6);
  const afterMin = end < 0 ? Number.POSITIVE_INFINITY : (values[end]!.at - last.at) / MINUTE;
  tally.count += 1;
  if (afterMin >= life.earliestMin && afterMin <= life.latestMin) tally.inside += 1;
  tally.widthHours += (life.latestMin - life.earliestMin) / 60;
  tally.errorHours += Math.abs(Math.min(afterMin, life.latestMin) - life.emptyInMin) / 60;
}

function consumption(values: readonly NumberSample[], refillAbove: number): readonly number[] {
  let total = 0;
  return values.map(({ value }, index) => {
    const fall = index === 0 ? 0 : values[index - 1]!.value - value;
    if (fall >= -refillAbove) total += fall;
    return total;
  });
}

const sorted = (samples: Iterable<NumberSample>): readonly NumberSample[] => [...samples].sort((a, b) => a.at - b.at);
