import type { Random } from '#base/random';
import type { MgPerDl, Minutes, Units } from '#base/units';
import type { CommissionedModel, IdentifiedParameters } from '#mirror/twin/commissioned-model';
import { EFFECT, GUT, PLASMA, STOMACH, SUBCUTANEOUS } from '#mirror/twin/glucose-model';
import { COLOUR, DISTURBANCE, GLUCOSE, SENSITIVITY } from '#mirror/twin/kalman';
import {
  advanceIdentifiable,
  GUT2,
  type IdentifiableParameters,
  INSULIN_EFFECT,
  KANDERIAN_SUBJECT_A,
  GLUCOSE as PLANT_GLUCOSE,
  PLASMA_INSULIN,
} from '#model/physiology/identifiable-virtual-patient';
import type { Plant } from '#model/physiology/patient-model';
import { drawDeviation } from './draw-deviation.ts';

/** The body and the sensor of one life, started where the twin's estimate stands. */
export interface IdentifiedBody {
  readonly plant: Plant;
  /** What the sensor shows; minutes do not decrease from call to call. */
  sense(glucose: MgPerDl, minute: Minutes): MgPerDl;
}

/** Where a twin's body stands. */
export interface BodyStart {
  readonly model: CommissionedModel;
  /** Laid out by `kalman.ts`. */
  readonly estimate: readonly number[];
  /** Insulin reported as delivered since the estimate. */
  readonly outstandingInsulin: Units;
}

/**
 * A life as the twin's own model has it. With `random` the start is drawn from the estimate's covariance, and disturbance,
 * sensitivity and sensor error are drawn from the identified variances minute by minute: what is drawn depends on the minute
 * alone, so that a run with an adversary draws the same as the run without. Without it the life is the expected one.
 */
export function createIdentifiedBody(
  { model, estimate, outstandingInsulin }: BodyStart,
  random?: Random,
): IdentifiedBody {
  const { parameters, variances } = model;
  const body = asIdentifiable(parameters);
  const off = random === undefined ? [0, 0, 0, 0] : drawDeviation(estimate, random.fork('start'));
  const state = stateOf(body, estimate, off[0]!);
  const disturbance = createWandering(
    random?.fork('disturbance'),
    estimate[DISTURBANCE]! + off[1]!,
    variances.disturbanceMin,
  );
  const sensitivity = createWandering(
    random?.fork('sensitivity'),
    estimate[SENSITIVITY]! + off[2]!,
    variances.sensitivityMin,
  );
  const colour = createWandering(random?.fork('colour'), estimate[COLOUR]! + off[3]!, variances.sensorColourMin);
  const white = random?.fork('white');
  let pending = outstandingInsulin;
  let minute = 0;
  let sensedTo = 0;
  let error = colour.value();

  const advance: Plant['advance'] = ({ insulin, carbohydrates, insulinSensitivity }) => {
    const appearance = state[GUT2]! / (body.tauM * body.VG);
    const effect = state[INSULIN_EFFECT]!;
    // The estimator multiplies insulin's effect where it acts; the same as more of the uptake that needs no insulin.
    const more = (1 + sensitivity.value()) * insulinSensitivity - 1;
    const now: IdentifiableParameters = {
      ...body,
      EGP: body.EGP + disturbance.value(),
      GEZI: body.GEZI + Math.max(-effect, effect * more),
    };
    advanceIdentifiable(now, state, { insulin: insulin + pending, carbohydrates }, 1);
    state[PLANT_GLUCOSE] = Math.max(LEAST_GLUCOSE, state[PLANT_GLUCOSE]!);
    pending = 0;
    minute += 1;
    disturbance.pass(Math.hypot(variances.disturbance, variances.mealUncertainty * appearance));
    sensitivity.pass(variances.sensitivity);
  };

  return {
    plant: {
      advance,
      get minute() {
        return minute;
      },
      get plasmaGlucose() {
        return state[PLANT_GLUCOSE]!;
      },
      get interstitialGlucose() {
        return state[PLANT_GLUCOSE]!;
      },
      get plasmaInsulin() {
        return state[PLASMA_INSULIN]! * PMOL_PER_L_PER_MICROUNIT_PER_DL;
      },
      state: () => state.slice(),
    },
    sense: (glucose, at) => {
      for (; sensedTo < at; sensedTo += 1) {
        colour.pass(variances.sensorColoured);
        error = colour.value() + variances.sensorWhite * (white?.normal() ?? 0);
      }
      return glucose + error;
    },
  };
}

/** The model is not made for less, and a disturbance must not take it below. */
const LEAST_GLUCOSE: MgPerDl = 5;
/** 6000 pmol a unit, a tenth of a litre. */
const PMOL_PER_L_PER_MICROUNIT_PER_DL = 0.06;
const MICROUNITS = 1e6;
const MG_PER_GRAM = 1000;

/** Clearance shows only in its quotient with sensitivity: any one will do, and the published subject's is taken. */
function asIdentifiable(parameters: IdentifiedParameters): IdentifiableParameters {
  const { CI } = KANDERIAN_SUBJECT_A;
  return {
    tau1: parameters.subcutaneousMin,
    tau2: parameters.plasmaMin,
    CI,
    SI: (parameters.insulinEffectPerUnit * CI) / MICROUNITS,
    p2: parameters.effectRatePerMin,
    GEZI: parameters.glucoseEffectivenessPerMin,
    EGP: parameters.endogenousProduction,
    VG: MG_PER_GRAM / parameters.risePerGram,
    tauM: parameters.absorptionMin,
  };
}

function stateOf({ CI }: IdentifiableParameters, estimate: readonly number[], glucoseOff: MgPerDl): Float64Array {
  const concentration = MICROUNITS / CI;
  return Float64Array.of(
    estimate[SUBCUTANEOUS]! * concentration,
    estimate[PLASMA]! * concentration,
    estimate[EFFECT]!,
    Math.max(LEAST_GLUCOSE, estimate[GLUCOSE]! + glucoseOff),
    estimate[STOMACH]! * MG_PER_GRAM,
    // The estimator counts in its gut compartment what the plant's second one holds.
    estimate[GUT]! * MG_PER_GRAM,
  );
}

/** An Ornstein-Uhlenbeck process in steps of a minute; without dice it only decays. */
interface Wandering {
  value(): number;
  pass(deviation: number): void;
}

function createWandering(random: Random | undefined, start: number, memoryMin: Minutes): Wandering {
  const kept = Math.exp(-1 / memoryMin);
  const fresh = Math.sqrt(1 - kept * kept);
  let value = start;
  return {
    value: () => value,
    pass: (deviation) => {
      value = kept * value + fresh * deviation * (random?.normal() ?? 0);
    },
  };
}
