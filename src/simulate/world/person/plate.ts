import type { Grams, GramsPerMinute, Minutes } from '#base/units';

/** How fast a person eats, as in the simulator the reference traces come from. */
export const EATING_RATE: GramsPerMinute = 5;

export interface Plate {
  /** Puts a meal on the plate. */
  serve(carbs: Grams): void;
  /** What is eaten in the minute that begins now; to be called once for each minute. */
  eat(): GramsPerMinute;
  readonly left: Grams;
}

/** Meals are eaten one after the other at the eating rate; nothing served is lost. */
export function createPlate(): Plate {
  let left: Grams = 0;
  return {
    serve: (carbs) => {
      left += carbs;
    },
    eat: () => {
      const bite = Math.min(EATING_RATE, left);
      left -= bite;
      return bite;
    },
    get left() {
      return left;
    },
  };
}

/** Carbohydrates eaten in each minute from 0 on; meals need not be in order. */
export function eatingOf(
  meals: readonly { readonly atMin: Minutes; readonly carbs: Grams }[],
  durationMin: Minutes,
): Float64Array {
  const served = new Float64Array(durationMin);
  for (const { atMin, carbs } of meals) if (atMin >= 0 && atMin < durationMin) served[atMin]! += carbs;
  const plate = createPlate();
  return served.map((carbs) => {
    plate.serve(carbs);
    return plate.eat();
  });
}
