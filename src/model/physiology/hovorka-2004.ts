import type { Fraction, Kilograms, MgPerDl, Minutes, UnitsPerHour } from '#base/units';
import { createRungeKutta4, type Derivative, refinementFor, stepsPerMinute } from './integrate.ts';
import type { Plant, PlantInputs } from './patient-model.ts';

/**
 * Hovorka et al., Physiol Meas 25 (2004) 905-920. The paper's symbols; rates in 1/min, fluxes in mmol/kg/min, volumes in L/kg.
 * `catalog/patients/hovorka-2004.yaml` states each with unit, meaning and source.
 */
export interface Hovorka2004Parameters {
  readonly BW: Kilograms;
  readonly EGP0: number;
  readonly F01: number;
  readonly k12: number;
  readonly ka1: number;
  readonly ka2: number;
  readonly ka3: number;
  /** Sensitivities of transport, disposal (1/min per mU/L) and of the liver (per mU/L). */
  readonly SIT: number;
  readonly SID: number;
  readonly SIE: number;
  readonly ke: number;
  readonly VI: number;
  readonly VG: number;
  readonly tmaxI: Minutes;
  readonly tmaxG: Minutes;
  readonly AG: Fraction;
  /** Plasma to interstitium; not in the 2004 paper, from the simulator built on it (Wilinska et al. 2010). */
  readonly kaInt: number;
}

/** Renal excretion, mmol/min, at `glucose` in mmol/L, from the plasma volume of glucose in L. */
export type RenalExcretion = (glucose: number, volume: number) => number;

/** As the paper has it: 0.003 per minute of the glucose above 9 mmol/L, in the volume it is dissolved in. */
export const paperRenalExcretion: RenalExcretion = (glucose, volume) =>
  glucose > 9 ? 0.003 * (glucose - 9) * volume : 0;

/** mg/dL of glucose per mmol/L with the molar mass the model's literature uses, 180.16 g/mol. */
export const HOVORKA_MG_PER_DL = 18.016;
const GRAMS_PER_MMOL = 0.18016;
const MILLIUNITS = 1000;
const PMOL_PER_MILLIUNIT = 6;

const Q1 = 0;
const Q2 = 1;
const S1 = 2;
const S2 = 3;
const INSULIN = 4;
const X1 = 5;
const X2 = 6;
const X3 = 7;
const D1 = 8;
const D2 = 9;
const INTERSTITIAL = 10;
const DIMENSION = 11;

/**
 * A resting state, in order: Q1, Q2 (mmol); S1, S2 (mU); I (mU/L); x1, x2 (1/min); x3 (1); D1, D2 (mmol); interstitial
 * glucose (mmol/L). With it, the insulin that keeps it there.
 */
export interface Hovorka2004SteadyState {
  readonly state: Float64Array;
  readonly basalRate: UnitsPerHour;
}

/**
 * The fasting state at `glucose`, from the closed form of the resting equations: a quadratic in plasma insulin, of which the
 * positive root is meant. Absent where there is none: with that glucose the person would need no insulin.
 */
export function hovorka2004SteadyState(
  parameters: Hovorka2004Parameters,
  glucose: MgPerDl,
): Hovorka2004SteadyState | undefined {
  const { BW, EGP0, F01, k12, SIT, SID, SIE, ke, VI, VG, tmaxI } = parameters;
  const concentration = glucose / HOVORKA_MG_PER_DL;
  const q1 = concentration * VG * BW;
  const surplus = EGP0 * BW - F01 * BW * Math.min(concentration / 4.5, 1) - paperRenalExcretion(concentration, VG * BW);
  // 0 = surplus - EGP0 BW SIE I - SIT SID q1 I^2 / (k12 + SID I), multiplied out.
  const a = SIT * SID * q1 + EGP0 * BW * SIE * SID;
  const b = EGP0 * BW * SIE * k12 - surplus * SID;
  const c = -surplus * k12;
  const insulin = (-b + Math.sqrt(b * b - 4 * a * c)) / (2 * a);
  if (!(surplus > 0 && insulin > 0)) return undefined;
  const infusion = insulin * ke * VI * BW;
  const state = new Float64Array(DIMENSION);
  state[Q1] = q1;
  state[Q2] = (SIT * insulin * q1) / (k12 + SID * insulin);
  state[S1] = infusion * tmaxI;
  state[S2] = infusion * tmaxI;
  state[INSULIN] = insulin;
  state[X1] = SIT * insulin;
  state[X2] = SID * insulin;
  state[X3] = SIE * insulin;
  state[INTERSTITIAL] = concentration;
  return { state, basalRate: (infusion * 60) / MILLIUNITS };
}

/** What drives the equations; the plant changes it in place between minutes. */
export interface Hovorka2004Drive {
  /** mU/min */
  infusion: number;
  /** Carbohydrate eaten, mmol/min. */
  intake: number;
  sensitivity: Fraction;
}

/**
 * `sensitivity` multiplies SIT, SID and SIE alike, so that each action follows it with its own delay.
 *
 * As published, production is EGP0 (1 - x3) without a floor: under much insulin it turns negative and drains plasma, which
 * makes this the harsher of the two plants below normal glucose. Plasma glucose at zero stands still.
 */
export function createHovorka2004Derivative(
  parameters: Hovorka2004Parameters,
  drive: Readonly<Hovorka2004Drive>,
  renalExcretion: RenalExcretion = paperRenalExcretion,
): Derivative {
  const { BW, EGP0, F01, k12, ka1, ka2, ka3, SIT, SID, SIE, ke, VI, VG, tmaxI, tmaxG, AG, kaInt } = parameters;
  const volume = VG * BW;
  const insulinVolume = VI * BW;
  const production = EGP0 * BW;
  const consumption = F01 * BW;
  return (_time, x, dx) => {
    const q1 = x[Q1]!;
    const q2 = x[Q2]!;
    const insulin = x[INSULIN]! * drive.sensitivity;
    const x1 = x[X1]!;
    const x2 = x[X2]!;
    const concentration = q1 / volume;
    const brain = consumption * (concentration < 4.5 ? concentration / 4.5 : 1);
    const slope =
      production * (1 - x[X3]!) + x[D2]! / tmaxG + k12 * q2 - brain - renalExcretion(concentration, volume) - x1 * q1;
    dx[Q1] = q1 <= 0 && slope < 0 ? 0 : slope;
    dx[Q2] = x1 * q1 - (k12 + x2) * q2;
    dx[S1] = drive.infusion - x[S1]! / tmaxI;
    dx[S2] = (x[S1]! - x[S2]!) / tmaxI;
    dx[INSULIN] = x[S2]! / (tmaxI * insulinVolume) - ke * x[INSULIN]!;
    dx[X1] = ka1 * (SIT * insulin - x1);
    dx[X2] = ka2 * (SID * insulin - x2);
    dx[X3] = ka3 * (SIE * insulin - x[X3]!);
    dx[D1] = AG * drive.intake - x[D1]! / tmaxG;
    dx[D2] = (x[D1]! - x[D2]!) / tmaxG;
    dx[INTERSTITIAL] = kaInt * (concentration - x[INTERSTITIAL]!);
  };
}

/** A plant that starts from `start`; see `hovorka2004SteadyState` for its order. */
export function createHovorka2004Plant(
  parameters: Hovorka2004Parameters,
  start: Float64Array,
  stepMin: Minutes,
  renalExcretion: RenalExcretion = paperRenalExcretion,
): Plant {
  const volume = parameters.VG * parameters.BW;
  const steps = stepsPerMinute(stepMin);
  const step = 1 / steps;
  const state = Float64Array.from(start);
  const drive: Hovorka2004Drive = { infusion: 0, intake: 0, sensitivity: 1 };
  const move = createRungeKutta4(DIMENSION, createHovorka2004Derivative(parameters, drive, renalExcretion));
  let minute = 0;

  /** How fast glucose can leave a compartment in the coming minute, 1/min; both insulin actions still rise within it. */
  const fastestRate = (): number => {
    const insulin = state[INSULIN]! * drive.sensitivity;
    const x1 = state[X1]! + parameters.ka1 * parameters.SIT * insulin;
    const x2 = state[X2]! + parameters.ka2 * parameters.SID * insulin;
    return Math.max(x1, x2 + parameters.k12);
  };

  const advance = (inputs: PlantInputs): void => {
    drive.infusion = inputs.insulin * MILLIUNITS;
    drive.intake = inputs.carbohydrates / GRAMS_PER_MMOL;
    drive.sensitivity = inputs.insulinSensitivity;
    const refinement = refinementFor(fastestRate() / steps);
    for (let index = steps * refinement; index > 0; index -= 1) move(minute, state, step / refinement);
    minute += 1;
  };

  return {
    advance,
    get minute() {
      return minute;
    },
    get plasmaGlucose() {
      return (state[Q1]! / volume) * HOVORKA_MG_PER_DL;
    },
    get interstitialGlucose() {
      return state[INTERSTITIAL]! * HOVORKA_MG_PER_DL;
    },
    get plasmaInsulin() {
      return state[INSULIN]! * PMOL_PER_MILLIUNIT;
    },
    state: () => state.slice(),
  };
}
