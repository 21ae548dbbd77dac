import type { Fraction, Grams, MgPerDl, Minutes, Units } from '#base/units';
import { createGlycaemicAccumulator, type GlycaemicMetrics } from '#model/hazard/glycaemic-metrics';
import type { Plant } from '#model/physiology/patient-model';
import { createPlate } from './person/plate.ts';

/** The simulated patient: what the devices touch. Nothing of it is known to the platform. */
export interface Body {
  /** Insulin arrives; taken up during the minute that is running. */
  infuse(units: Units): void;
  eat(carbohydrates: Grams): void;
  /** From now on this share of what the pump pushes is lost on its way: a leak, a set that came off. The pump cannot tell. */
  leak(share: Fraction): void;
  /** Ends the running minute. */
  passMinute(): void;
  readonly minute: Minutes;
  readonly plasmaGlucose: MgPerDl;
  readonly interstitialGlucose: MgPerDl;
  /** All insulin that ever arrived. */
  readonly infused: Units;
  metrics(): GlycaemicMetrics;
}

export function createBody(plant: Plant, sensitivityAt: (minute: Minutes) => number): Body {
  const glycaemia = createGlycaemicAccumulator();
  let insulin: Units = 0;
  let infused: Units = 0;
  let lost: Fraction = 0;
  const plate = createPlate();
  return {
    infuse: (units) => {
      const arriving = units * (1 - lost);
      insulin += arriving;
      infused += arriving;
    },
    leak: (share) => {
      lost = share;
    },
    eat: plate.serve,
    passMinute: () => {
      glycaemia.push(plant.plasmaGlucose);
      plant.advance({ insulin, carbohydrates: plate.eat(), insulinSensitivity: sensitivityAt(plant.minute) });
      insulin = 0;
    },
    get minute() {
      return plant.minute;
    },
    get plasmaGlucose() {
      return plant.plasmaGlucose;
    },
    get interstitialGlucose() {
      return plant.interstitialGlucose;
    },
    get infused() {
      return infused;
    },
    metrics: () => glycaemia.metrics(),
  };
}
