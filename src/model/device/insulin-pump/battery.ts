import type { Percent } from '#base/units';
import type { BatteryDrain } from './configuration.ts';

export interface Battery {
  charge(): Percent;
  isEmpty(): boolean;
  drain(by: keyof BatteryDrain, times?: number): void;
  replace(): void;
}

export function createBattery(initial: Percent, rates: BatteryDrain): Battery {
  let charge = initial;
  return {
    charge: () => charge,
    isEmpty: () => charge <= 0,
    drain(by, times = 1) {
      charge = Math.max(0, charge - rates[by] * times);
    },
    replace() {
      charge = 100;
    },
  };
}
