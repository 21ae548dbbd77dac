import { assert } from '#base/assert';
import type { GramsPerMinute, MgPerDl, Minutes, UnitsPerMinute } from '#base/units';
import { refinementFor } from './integrate.ts';

/**
 * Kanderian et al., J Diabetes Sci Technol 3 (2009) 1047-1057: four states that can be identified from one person's insulin,
 * carbohydrate and sensor glucose. It is the model a twin knows its patient by, never the plant of an exercise: what the twin
 * predicts then differs from the body for the same reasons as in life.
 */
export interface IdentifiableParameters {
  /** Subcutaneous insulin to plasma. */
  readonly tau1: Minutes;
  readonly tau2: Minutes;
  /** Insulin clearance, dL/min. */
  readonly CI: number;
  /** Insulin sensitivity, 1/min per µU/dL. */
  readonly SI: number;
  /** Delay of insulin action, 1/min. */
  readonly p2: number;
  /** Glucose effectiveness at zero insulin, 1/min. */
  readonly GEZI: number;
  /** Endogenous glucose production, mg/dL/min. */
  readonly EGP: number;
  /** Distribution volume of glucose, dL. */
  readonly VG: number;
  /** Time to maximum of carbohydrate absorption, two equal compartments. */
  readonly tauM: Minutes;
}

/** The paper's first subject as published with GlucoSym; 89 kg. */
export const KANDERIAN_SUBJECT_A: IdentifiableParameters = {
  tau1: 49,
  tau2: 47,
  CI: 20.1,
  SI: 8.11e-6,
  p2: 0.0106,
  GEZI: 0.0022,
  EGP: 1.33,
  VG: 253,
  tauM: 47,
};

/** Places in the state: Isc, Ip (µU/dL), Ieff (1/min), G (mg/dL), then the two gut compartments (mg). */
export const SUBCUTANEOUS_INSULIN = 0;
export const PLASMA_INSULIN = 1;
export const INSULIN_EFFECT = 2;
export const GLUCOSE = 3;
export const GUT1 = 4;
export const GUT2 = 5;
export const IDENTIFIABLE_DIMENSION = 6;

const MICROUNITS = 1e6;
const MG_PER_GRAM = 1000;
/** Far below every time constant there is; longer steps are taken in parts. */
const MAX_STEP: Minutes = 5;

/** Both are constant over a step. */
export interface IdentifiableInputs {
  readonly insulin: UnitsPerMinute;
  readonly carbohydrates: GramsPerMinute;
}

/** The state at rest under a constant `insulin`, nothing eaten. */
export function identifiableSteadyState(parameters: IdentifiableParameters, insulin: UnitsPerMinute): Float64Array {
  const concentration = (insulin * MICROUNITS) / parameters.CI;
  const effect = parameters.SI * concentration;
  const state = new Float64Array(IDENTIFIABLE_DIMENSION);
  state[SUBCUTANEOUS_INSULIN] = concentration;
  state[PLASMA_INSULIN] = concentration;
  state[INSULIN_EFFECT] = effect;
  state[GLUCOSE] = parameters.EGP / (parameters.GEZI + effect);
  return state;
}

/** The insulin under which the model rests at `glucose`; negative where it would take less than none. */
export function identifiableBasal(parameters: IdentifiableParameters, glucose: MgPerDl): UnitsPerMinute {
  return ((parameters.EGP / glucose - parameters.GEZI) * parameters.CI) / (parameters.SI * MICROUNITS);
}

/** Moves `state` in place by `duration` minutes; Runge-Kutta of order 4, allocation-free. */
export function advanceIdentifiable(
  parameters: IdentifiableParameters,
  state: Float64Array,
  inputs: IdentifiableInputs,
  duration: Minutes,
): void {
  assert(duration >= 0 && duration <= 1e6, `a step of \`${duration}\` min is not negative and bounded`);
  const longest = Math.min(duration, MAX_STEP);
  const rise = parameters.p2 * longest * parameters.SI * Math.max(state[SUBCUTANEOUS_INSULIN]!, state[PLASMA_INSULIN]!);
  const rate = parameters.GEZI + Math.max(0, state[INSULIN_EFFECT]! + rise);
  const parts = Math.max(1, Math.ceil(duration / MAX_STEP)) * refinementFor(rate * longest);
  for (let part = 0; part < parts; part += 1) step(parameters, state, inputs, duration / parts);
}

function step(p: IdentifiableParameters, state: Float64Array, inputs: IdentifiableInputs, h: Minutes): void {
  const source = (inputs.insulin * MICROUNITS) / p.CI;
  const intake = inputs.carbohydrates * MG_PER_GRAM;
  const appearance = 1 / (p.tauM * p.VG);
  const half = h / 2;
  const sc = state[SUBCUTANEOUS_INSULIN]!;
  const ip = state[PLASMA_INSULIN]!;
  const ef = state[INSULIN_EFFECT]!;
  const g = state[GLUCOSE]!;
  const d1 = state[GUT1]!;
  const d2 = state[GUT2]!;

  const asc = (source - sc) / p.tau1;
  const aip = (sc - ip) / p.tau2;
  const aef = p.p2 * (p.SI * ip - ef);
  const ag = p.EGP + appearance * d2 - (p.GEZI + ef) * g;
  const ad1 = intake - d1 / p.tauM;
  const ad2 = (d1 - d2) / p.tauM;

  const efb = ef + half * aef;
  const d2b = d2 + half * ad2;
  const bsc = (source - sc - half * asc) / p.tau1;
  const bip = (sc + half * asc - ip - half * aip) / p.tau2;
  const bef = p.p2 * (p.SI * (ip + half * aip) - efb);
  const bg = p.EGP + appearance * d2b - (p.GEZI + efb) * (g + half * ag);
  const bd1 = intake - (d1 + half * ad1) / p.tauM;
  const bd2 = (d1 + half * ad1 - d2b) / p.tauM;

  const efc = ef + half * bef;
  const d2c = d2 + half * bd2;
  const csc = (source - sc - half * bsc) / p.tau1;
  const cip = (sc + half * bsc - ip - half * bip) / p.tau2;
  const cef = p.p2 * (p.SI * (ip + half * bip) - efc);
  const cg = p.EGP + appearance * d2c - (p.GEZI + efc) * (g + half * bg);
  const cd1 = intake - (d1 + half * bd1) / p.tauM;
  const cd2 = (d1 + half * bd1 - d2c) / p.tauM;

  const efd = ef + h * cef;
  const d2d = d2 + h * cd2;
  const dsc = (source - sc - h * csc) / p.tau1;
  const dip = (sc + h * csc - ip - h * cip) / p.tau2;
  const def = p.p2 * (p.SI * (ip + h * cip) - efd);
  const dg = p.EGP + appearance * d2d - (p.GEZI + efd) * (g + h * cg);
  const dd1 = intake - (d1 + h * cd1) / p.tauM;
  const dd2 = (d1 + h * cd1 - d2d) / p.tauM;

  const sixth = h / 6;
  state[SUBCUTANEOUS_INSULIN] = sc + sixth * (asc + 2 * (bsc + csc) + dsc);
  state[PLASMA_INSULIN] = ip + sixth * (aip + 2 * (bip + cip) + dip);
  state[INSULIN_EFFECT] = ef + sixth * (aef + 2 * (bef + cef) + def);
  state[GLUCOSE] = g + sixth * (ag + 2 * (bg + cg) + dg);
  state[GUT1] = d1 + sixth * (ad1 + 2 * (bd1 + cd1) + dd1);
  state[GUT2] = d2 + sixth * (ad2 + 2 * (bd2 + cd2) + dd2);
}
