import assert from 'node:assert/strict';
import { MINUTE } from '#base/time';
import type { Fraction, Minutes, Units } from '#base/units';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { ThingValue } from '#model/thing/message';
import type { ParameterValues } from '#simulate/attack/technique';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { UNDEFENDED } from '#simulate/exercise/exercise-definition';
import { FIRST_MIDNIGHT } from '#simulate/exercise/run-ward';
import type { DefenceSet, Ward } from '#simulate/exercise/scenario';
import type { PlannedMeal } from '#simulate/world/inhabitant';
import { type BenchWard, quietWard, startWard } from './laboratory-bench.ts';

export interface Attack {
  readonly technique: string;
  readonly parameters?: ParameterValues;
  readonly atMinute?: Minutes;
}

/** A ward in which nothing is left to chance; what it has beyond a bed, a pump and a sensor is said here. */
export interface Setting {
  readonly ward: 'closed-loop-home' | 'closed-loop-home-remote' | 'basal-bolus-home';
  /** Grams eaten at 02:00, and what the person believes them to be. */
  readonly meal?: { readonly grams: number; readonly counted: number };
  readonly fobShare?: Fraction;
  readonly person?: Partial<Ward['person']>;
  readonly defences?: DefenceSet;
  readonly commissioned?: CommissionedModel;
}

/** The same ward twice, the second time without the adversary. */
export interface Pair {
  readonly attacked: BenchWard;
  readonly baseline: BenchWard;
}

const RUN_MIN: Minutes = 480;
const MEAL_MIN: Minutes = 120;

export function runTechnique(attack: Attack, setting: Setting): Pair {
  const { parameters, atMinute = 60 } = attack;
  const technique = TECHNIQUES.get(attack.technique)!;
  const ward = quietWard(setting.ward);
  const run = {
    ward: { ...ward, person: { ...ward.person, ...setting.person } },
    defences: setting.defences ?? UNDEFENDED,
    change: {
      meals: setting.meal === undefined ? [] : [mealOf(setting.meal)],
      fobShare: setting.fobShare ?? 0,
    },
    ...(setting.commissioned === undefined ? {} : { commissioned: setting.commissioned }),
  };
  const step = { id: 'only', technique: technique.id, start: { kind: 'at', minute: atMinute } } as const;
  const attacked = startWard({
    ...run,
    campaign: {
      positions: [technique.position],
      steps: [parameters === undefined ? step : { ...step, parameters }],
    },
  });
  const baseline = startWard(run);
  attacked.until(RUN_MIN);
  baseline.until(RUN_MIN);
  return { attacked, baseline };
}

const mealOf = ({ grams, counted }: { readonly grams: number; readonly counted: number }): PlannedMeal => ({
  at: FIRST_MIDNIGHT + MEAL_MIN * MINUTE,
  carbohydrates: grams,
  counted,
});

/** What the twin was last told. */
export const told = ({ platform }: BenchWard, thing: string, property: string): ThingValue | undefined =>
  platform.platform.twin().reported[thing]?.[property]?.value;

const toldNumber = (ward: BenchWard, thing: string, property: string): number => {
  const value = told(ward, thing, property);
  assert.ok(typeof value === 'number', `the twin knows \`${property}\` of \`${thing}\``);
  return value;
};

export const difference = ({ attacked, baseline }: Pair, thing: string, property: string): number =>
  toldNumber(attacked, thing, property) - toldNumber(baseline, thing, property);

export const addedInsulin = ({ attacked, baseline }: Pair): Units => attacked.body.infused - baseline.body.infused;

export const foundBy = (ward: BenchWard, rule: string): boolean =>
  ward.platform.findings.some((finding) => finding.rule === rule);
