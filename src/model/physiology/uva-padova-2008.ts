import type { Kilograms, Minutes, Units } from '#base/units';
import { GASTRIC_EMPTYING_INTERVALS, tabulateGastricEmptying } from './gastric-emptying.ts';
import { refinementFor, stepsPerMinute } from './integrate.ts';
import {
  type GramsPerUnit,
  type MgPerDlPerUnit,
  type Plant,
  type PlantInputs,
  PMOL_PER_UNIT,
  type VirtualPatient,
} from './patient-model.ts';

/**
 * UVA/Padova 2008: Dalla Man, Rizza, Cobelli, IEEE Trans Biomed Eng 54 (2007) 1740-1749 (glucose and insulin); Dalla Man,
 * Camilleri, Cobelli, IEEE Trans Biomed Eng 53 (2006) 2472-2478 (gut); Kovatchev et al., J Diabetes Sci Technol 3 (2009)
 * 44-55 (the type 1 population). Equations and eating as in the simulator its 30 public subjects come from (simglucose).
 *
 * Symbols and units are the papers'; `catalog/patients/uva-padova-2008.yaml` states each with unit and meaning.
 */
export interface UvaPadova2008Parameters {
  readonly BW: Kilograms;
  readonly kabs: number;
  readonly kmax: number;
  readonly kmin: number;
  readonly b: number;
  readonly d: number;
  readonly f: number;
  readonly Vg: number;
  readonly k1: number;
  readonly k2: number;
  readonly kp1: number;
  readonly kp2: number;
  readonly kp3: number;
  readonly ki: number;
  readonly Fsnc: number;
  readonly Vm0: number;
  readonly Vmx: number;
  readonly Km0: number;
  readonly p2u: number;
  readonly ke1: number;
  readonly ke2: number;
  readonly Vi: number;
  readonly Ib: number;
  readonly m1: number;
  readonly m2: number;
  readonly m4: number;
  readonly m30: number;
  readonly kd: number;
  readonly ka1: number;
  readonly ka2: number;
  readonly ksc: number;
  readonly u2ss: number;
  readonly Gpb: number;
  readonly Gtb: number;
  readonly Ipb: number;
  readonly Ilb: number;
  readonly isc1ss: number;
  readonly isc2ss: number;
}

/** One of the published subjects: parameters and the therapy settings published with them. */
export interface UvaPadova2008Subject {
  readonly id: string;
  readonly carbRatio: GramsPerUnit;
  readonly correctionFactor: MgPerDlPerUnit;
  readonly totalDailyInsulin: Units;
  readonly parameters: UvaPadova2008Parameters;
}

export function createUvaPadova2008Patient(subject: UvaPadova2008Subject): VirtualPatient {
  const { id, carbRatio, correctionFactor, totalDailyInsulin, parameters } = subject;
  const emptyingTable = tabulateGastricEmptying(parameters);
  return {
    id,
    model: 'uva-padova-2008',
    bodyWeight: parameters.BW,
    basalRate: ((parameters.u2ss * parameters.BW) / PMOL_PER_UNIT) * 60,
    carbRatio,
    correctionFactor,
    totalDailyInsulin,
    createPlant: ({ stepMin }) => createUvaPadova2008Plant(parameters, emptyingTable, stepMin),
  };
}

const QSTO1 = 0;
const QSTO2 = 1;
const QGUT = 2;
const GP = 3;
const GT = 4;
const IP = 5;
const X = 6;
const I1 = 7;
const XL = 8;
const IL = 9;
const ISC1 = 10;
const ISC2 = 11;
const GS = 12;

/** Places in the scratch that hands one step's Runge-Kutta stages from the insulin and gut chains to glucose. */
const STAGE_X = 0;
const STAGE_XL = 4;
const STAGE_RA = 8;

/** One Runge-Kutta step of each part, for one step size. */
interface Chains {
  readonly insulin: ReturnType<typeof createInsulinChain>;
  readonly gut: ReturnType<typeof createGutChain>;
  readonly glucose: ReturnType<typeof createGlucoseChain>;
}

/** Keeps the proportion of a meal a number when hardly anything was eaten. */
const SMALLEST_MEAL_MG = 1e-6;

const LAST_INTERVAL = GASTRIC_EMPTYING_INTERVALS - 1;

/**
 * State, in order: Qsto1, Qsto2, Qgut (mg); Gp, Gt (mg/kg); Ip (pmol/kg); X, I1, XL (pmol/L); Il, Isc1, Isc2 (pmol/kg);
 * Gs (mg/kg). `insulinSensitivity` multiplies Vmx (peripheral) and kp3 (hepatic), the two parameters Visentin et al.,
 * Diabetes Technol Ther 17 (2015) 1-7 vary over the day.
 *
 * The insulin chain and the gut chain drive glucose and nothing drives them, so one Runge-Kutta step of the whole system is
 * done chain by chain, each leaving its stage values for the next: the same numbers as a joint step, on local variables.
 */
function createUvaPadova2008Plant(
  parameters: UvaPadova2008Parameters,
  emptyingTable: Float64Array,
  stepMin: Minutes,
): Plant {
  const steps = stepsPerMinute(stepMin);
  const state = new Float64Array(13);
  const { Gpb, Gtb, Ipb, Ib, Ilb, isc1ss, isc2ss, BW, Vg, Vi, Vm0, Vmx, Km0, p2u } = parameters;
  state.set([0, 0, 0, Gpb, Gtb, Ipb, 0, Ib, Ib, Ilb, isc1ss, isc2ss, Gpb]);
  const stages = new Float64Array(12);
  const createChains = (refinement: number): Chains => ({
    insulin: createInsulinChain(parameters, 1 / (steps * refinement)),
    gut: createGutChain(parameters, emptyingTable, 1 / (steps * refinement)),
    glucose: createGlucoseChain(parameters, 1 / (steps * refinement)),
  });
  const usual = createChains(1);
  let minute = 0;
  let eating = false;
  let stomachAtMealStart = 0;
  let eatenSinceStart = 0;

  /** How fast tissue glucose can fall in the coming minute, as a rate, 1/min. */
  const fastestRate = (sensitivity: number): number => {
    const action = Math.max(0, state[X]! + p2u * (state[IP]! / Vi - Ib - state[X]!));
    return (Vm0 + Vmx * sensitivity * action) / Km0;
  };

  const advance = (inputs: PlantInputs): void => {
    const carbohydrates = inputs.carbohydrates;
    if (carbohydrates > 0 && !eating) {
      stomachAtMealStart = state[QSTO1]! + state[QSTO2]!;
      eatenSinceStart = 0;
    }
    eating = carbohydrates > 0;
    eatenSinceStart += carbohydrates;
    const mealMg = stomachAtMealStart + eatenSinceStart * 1000;
    const insulin = (inputs.insulin * PMOL_PER_UNIT) / BW;
    const refinement = refinementFor(fastestRate(inputs.insulinSensitivity) / steps);
    const chains = refinement === 1 ? usual : createChains(refinement);
    for (let index = steps * refinement; index > 0; index -= 1) {
      chains.insulin(state, stages, insulin);
      // Nothing eaten since the start: the gut is exactly empty and its stages stay exactly zero.
      if (mealMg > 0) chains.gut(state, stages, carbohydrates * 1000, mealMg);
      chains.glucose(state, stages, inputs.insulinSensitivity);
    }
    minute += 1;
  };

  return {
    advance,
    get minute() {
      return minute;
    },
    get plasmaGlucose() {
      return state[GP]! / Vg;
    },
    get interstitialGlucose() {
      return state[GS]! / Vg;
    },
    get plasmaInsulin() {
      return state[IP]! / Vi;
    },
    state: () => state.slice(),
  };
}

/**
 * Subcutaneous depots, plasma, liver, and the three delayed actions. The published code stops a compartment that is below
 * zero; with a non-negative infusion this chain never gets there (its matrix has no negative off-diagonal element), so the
 * check is left out here and kept where it acts, in glucose.
 */
function createInsulinChain(parameters: UvaPadova2008Parameters, h: number) {
  const { kd, ka1, ka2, m1, m2, m4, m30, p2u, ki, Ib } = parameters;
  const depot1Loss = ka1 + kd;
  const plasmaLoss = m2 + m4;
  const liverLoss = m1 + m30;
  const perVi = 1 / parameters.Vi;
  const half = h / 2;
  const sixth = h / 6;

  return (state: Float64Array, stages: Float64Array, infusion: number): void => {
    const s1 = state[ISC1]!;
    const s2 = state[ISC2]!;
    const ip = state[IP]!;
    const il = state[IL]!;
    const x = state[X]!;
    const i1 = state[I1]!;
    const xl = state[XL]!;

    const as1 = infusion - depot1Loss * s1;
    const as2 = kd * s1 - ka2 * s2;
    const aip = m1 * il + ka1 * s1 + ka2 * s2 - plasmaLoss * ip;
    const ail = m2 * ip - liverLoss * il;
    const ax = p2u * (ip * perVi - Ib - x);
    const ai1 = ki * (ip * perVi - i1);
    const axl = ki * (i1 - xl);

    const s1b = s1 + half * as1;
    const s2b = s2 + half * as2;
    const ipb = ip + half * aip;
    const ilb = il + half * ail;
    const xb = x + half * ax;
    const i1b = i1 + half * ai1;
    const xlb = xl + half * axl;
    const bs1 = infusion - depot1Loss * s1b;
    const bs2 = kd * s1b - ka2 * s2b;
    const bip = m1 * ilb + ka1 * s1b + ka2 * s2b - plasmaLoss * ipb;
    const bil = m2 * ipb - liverLoss * ilb;
    const bx = p2u * (ipb * perVi - Ib - xb);
    const bi1 = ki * (ipb * perVi - i1b);
    const bxl = ki * (i1b - xlb);

    const s1c = s1 + half * bs1;
    const s2c = s2 + half * bs2;
    const ipc = ip + half * bip;
    const ilc = il + half * bil;
    const xc = x + half * bx;
    const i1c = i1 + half * bi1;
    const xlc = xl + half * bxl;
    const cs1 = infusion - depot1Loss * s1c;
    const cs2 = kd * s1c - ka2 * s2c;
    const cip = m1 * ilc + ka1 * s1c + ka2 * s2c - plasmaLoss * ipc;
    const cil = m2 * ipc - liverLoss * ilc;
    const cx = p2u * (ipc * perVi - Ib - xc);
    const ci1 = ki * (ipc * perVi - i1c);
    const cxl = ki * (i1c - xlc);

    const s1d = s1 + h * cs1;
    const s2d = s2 + h * cs2;
    const ipd = ip + h * cip;
    const ild = il + h * cil;
    const xd = x + h * cx;
    const i1d = i1 + h * ci1;
    const xld = xl + h * cxl;

    state[ISC1] = s1 + sixth * (as1 + 2 * (bs1 + cs1) + infusion - depot1Loss * s1d);
    state[ISC2] = s2 + sixth * (as2 + 2 * (bs2 + cs2) + kd * s1d - ka2 * s2d);
    state[IP] = ip + sixth * (aip + 2 * (bip + cip) + m1 * ild + ka1 * s1d + ka2 * s2d - plasmaLoss * ipd);
    state[IL] = il + sixth * (ail + 2 * (bil + cil) + m2 * ipd - liverLoss * ild);
    state[X] = x + sixth * (ax + 2 * (bx + cx) + p2u * (ipd * perVi - Ib - xd));
    state[I1] = i1 + sixth * (ai1 + 2 * (bi1 + ci1) + ki * (ipd * perVi - i1d));
    state[XL] = xl + sixth * (axl + 2 * (bxl + cxl) + ki * (i1d - xld));
    stages[STAGE_X] = x;
    stages[STAGE_X + 1] = xb;
    stages[STAGE_X + 2] = xc;
    stages[STAGE_X + 3] = xd;
    stages[STAGE_XL] = xl;
    stages[STAGE_XL + 1] = xlb;
    stages[STAGE_XL + 2] = xlc;
    stages[STAGE_XL + 3] = xld;
  };
}

/**
 * Solid and liquid stomach, intestine; leaves the rate of appearance Ra (mg/kg/min) of each stage. `intake` in mg/min,
 * `meal` in mg: what was in the stomach when the meal began plus what has been eaten of it. The stomach never holds more.
 */
function createGutChain(parameters: UvaPadova2008Parameters, table: Float64Array, h: number) {
  const { kmax, kabs, f, BW } = parameters;
  const appearance = (f * kabs) / BW;
  const half = h / 2;
  const sixth = h / 6;

  const emptying = (fill: number): number => {
    const place = fill * GASTRIC_EMPTYING_INTERVALS;
    const index = place < LAST_INTERVAL ? place | 0 : LAST_INTERVAL;
    const along = place - index;
    const at = 4 * index;
    // Not nested: the two halves are worked out side by side, and each stage waits for the one before.
    return table[at]! + along * table[at + 1]! + along * along * (table[at + 2]! + along * table[at + 3]!);
  };

  return (state: Float64Array, stages: Float64Array, intake: number, meal: number): void => {
    const perMeal = 1 / Math.max(meal, SMALLEST_MEAL_MG);
    const q1 = state[QSTO1]!;
    const q2 = state[QSTO2]!;
    const qg = state[QGUT]!;

    const flowA = emptying((q1 + q2) * perMeal) * q2;
    const aq1 = intake - kmax * q1;
    const aq2 = kmax * q1 - flowA;
    const aqg = flowA - kabs * qg;

    const q1b = q1 + half * aq1;
    const q2b = q2 + half * aq2;
    const qgb = qg + half * aqg;
    const flowB = emptying((q1b + q2b) * perMeal) * q2b;
    const bq1 = intake - kmax * q1b;
    const bq2 = kmax * q1b - flowB;
    const bqg = flowB - kabs * qgb;

    const q1c = q1 + half * bq1;
    const q2c = q2 + half * bq2;
    const qgc = qg + half * bqg;
    const flowC = emptying((q1c + q2c) * perMeal) * q2c;
    const cq1 = intake - kmax * q1c;
    const cq2 = kmax * q1c - flowC;
    const cqg = flowC - kabs * qgc;

    const q1d = q1 + h * cq1;
    const q2d = q2 + h * cq2;
    const qgd = qg + h * cqg;
    const flowD = emptying((q1d + q2d) * perMeal) * q2d;

    state[QSTO1] = q1 + sixth * (aq1 + 2 * (bq1 + cq1) + intake - kmax * q1d);
    state[QSTO2] = q2 + sixth * (aq2 + 2 * (bq2 + cq2) + kmax * q1d - flowD);
    state[QGUT] = qg + sixth * (aqg + 2 * (bqg + cqg) + flowD - kabs * qgd);
    stages[STAGE_RA] = appearance * qg;
    stages[STAGE_RA + 1] = appearance * qgb;
    stages[STAGE_RA + 2] = appearance * qgc;
    stages[STAGE_RA + 3] = appearance * qgd;
  };
}

/**
 * Plasma, tissue and subcutaneous glucose. A compartment below zero stands still, as in the published code; that only
 * happens far below the models' validity floor.
 */
function createGlucoseChain(parameters: UvaPadova2008Parameters, h: number) {
  const { k1, k2, kp1, kp2, kp3, Fsnc, Vm0, Vmx, Km0, ke1, ke2, ksc } = parameters;
  const half = h / 2;
  const sixth = h / 6;

  const plasmaSlope = (gp: number, gt: number, ra: number, hepatic: number): number => {
    if (gp < 0) return 0;
    const production = kp1 - kp2 * gp - hepatic;
    const excretion = gp > ke2 ? ke1 * (gp - ke2) : 0;
    return (production > 0 ? production : 0) + ra - Fsnc - excretion - k1 * gp + k2 * gt;
  };
  const tissueSlope = (gp: number, gt: number, peripheral: number): number =>
    gt < 0 ? 0 : k1 * gp - k2 * gt - ((Vm0 + peripheral) * gt) / (Km0 + gt);
  const sensorSlope = (gp: number, gs: number): number => (gs < 0 ? 0 : ksc * (gp - gs));

  return (state: Float64Array, stages: Float64Array, sensitivity: number): void => {
    const hepatic = kp3 * sensitivity;
    const peripheral = Vmx * sensitivity;
    const gp = state[GP]!;
    const gt = state[GT]!;
    const gs = state[GS]!;

    const agp = plasmaSlope(gp, gt, stages[STAGE_RA]!, hepatic * stages[STAGE_XL]!);
    const agt = tissueSlope(gp, gt, peripheral * stages[STAGE_X]!);
    const ags = sensorSlope(gp, gs);

    const gpb = gp + half * agp;
    const gtb = gt + half * agt;
    const gsb = gs + half * ags;
    const bgp = plasmaSlope(gpb, gtb, stages[STAGE_RA + 1]!, hepatic * stages[STAGE_XL + 1]!);
    const bgt = tissueSlope(gpb, gtb, peripheral * stages[STAGE_X + 1]!);
    const bgs = sensorSlope(gpb, gsb);

    const gpc = gp + half * bgp;
    const gtc = gt + half * bgt;
    const gsc = gs + half * bgs;
    const cgp = plasmaSlope(gpc, gtc, stages[STAGE_RA + 2]!, hepatic * stages[STAGE_XL + 2]!);
    const cgt = tissueSlope(gpc, gtc, peripheral * stages[STAGE_X + 2]!);
    const cgs = sensorSlope(gpc, gsc);

    const gpd = gp + h * cgp;
    const gtd = gt + h * cgt;
    const gsd = gs + h * cgs;
    const dgp = plasmaSlope(gpd, gtd, stages[STAGE_RA + 3]!, hepatic * stages[STAGE_XL + 3]!);
    const dgt = tissueSlope(gpd, gtd, peripheral * stages[STAGE_X + 3]!);

    state[GP] = gp + sixth * (agp + 2 * (bgp + cgp) + dgp);
    state[GT] = gt + sixth * (agt + 2 * (bgt + cgt) + dgt);
    state[GS] = gs + sixth * (ags + 2 * (bgs + cgs) + sensorSlope(gpd, gsd));
  };
}
