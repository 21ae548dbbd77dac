/**
 * Units as names. TypeScript does not tell these apart, readers do: a bare `number` never crosses a module with its unit
 * unsaid. UCUM codes stand beside them, as they appear on the wire.
 */

/** Glucose concentration, UCUM `mg/dL`. 18.0182 mg/dL are 1 mmol/L (molar mass of glucose 180.182 g/mol). */
export type MgPerDl = number;
/** International units of insulin, UCUM `[iU]`. */
export type Units = number;
/** Insulin rate, UCUM `[iU]/h`. */
export type UnitsPerHour = number;
/** Insulin rate, UCUM `[iU]/min`. */
export type UnitsPerMinute = number;
/** Mass of carbohydrate, UCUM `g`. */
export type Grams = number;
/** Carbohydrate intake, UCUM `g/min`. */
export type GramsPerMinute = number;
/** Duration or instant on a model's own axis, UCUM `min`. */
export type Minutes = number;
/** A proportion from 0 to 1. */
export type Fraction = number;
/** UCUM `%`. */
export type Percent = number;
/** Body mass, UCUM `kg`. */
export type Kilograms = number;
