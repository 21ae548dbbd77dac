import type {
  Fraction,
  GramsPerMinute,
  Kilograms,
  MgPerDl,
  Minutes,
  Units,
  UnitsPerHour,
  UnitsPerMinute,
} from '#base/units';

/** Grams of carbohydrate that one unit of insulin covers, `g/[iU]`. */
export type GramsPerUnit = number;
/** Fall of glucose that one unit of insulin brings, `(mg/dL)/[iU]`. */
export type MgPerDlPerUnit = number;
/** Plasma insulin concentration, UCUM `pmol/L`. */
export type PmolPerL = number;

/** What enters the body during one minute; constant over that minute. */
export interface PlantInputs {
  readonly insulin: UnitsPerMinute;
  readonly carbohydrates: GramsPerMinute;
  /** 1 is nominal; multiplies insulin's effect on glucose. Each model states which of its terms it multiplies. */
  readonly insulinSensitivity: Fraction;
}

/** What the plants are built and tested for: an emptied reservoir in three minutes, and more than anybody can eat. */
export const MAX_PLANT_INPUTS: PlantInputs = { insulin: 100, carbohydrates: 100, insulinSensitivity: 5 };

/** A simulated body at one instant, moved on minute by minute. */
export interface Plant {
  /** Moves exactly one minute on. Inputs are finite, not negative, and below `MAX_PLANT_INPUTS`. */
  advance(inputs: PlantInputs): void;
  /** Minutes since the plant was created. */
  readonly minute: Minutes;
  readonly plasmaGlucose: MgPerDl;
  readonly interstitialGlucose: MgPerDl;
  readonly plasmaInsulin: PmolPerL;
  /** A copy of the model's own state vector, in the order its file documents. */
  state(): Float64Array;
}

export type PatientModel = 'uva-padova-2008' | 'hovorka-2004';

/** A person of one published model, with the therapy settings that go with the person. */
export interface VirtualPatient {
  /** `adult#003`, `hovorka#7`. */
  readonly id: string;
  readonly model: PatientModel;
  readonly bodyWeight: Kilograms;
  /** The basal rate that holds the fasting glucose the plant starts from. */
  readonly basalRate: UnitsPerHour;
  readonly carbRatio: GramsPerUnit;
  readonly correctionFactor: MgPerDlPerUnit;
  readonly totalDailyInsulin: Units;
  /** A new body at its fasting steady state. `stepMin` is the integration step: 1 divided by a whole number. */
  createPlant(options: { readonly stepMin: Minutes }): Plant;
}

/** Insulin in the models' units: 1 U is 6000 pmol, the factor UVA/Padova 2008 and its parameters were published with. */
export const PMOL_PER_UNIT = 6000;
