import type { Rule } from '#assure/monitor/rule';
import { divergence } from '#assure/monitor/rules/divergence';
import { unexplainedInsulinEffect } from '#assure/monitor/rules/unexplained-insulin-effect';
import { MINUTE } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { applyMessage, createTwin } from '#mirror/twin/twin';
import type { LoopRun } from './closed-loop.ts';

/** A finding of one of the rules under measurement, on the run's own clock. */
export interface Raised {
  readonly rule: string;
  readonly direction: string;
  readonly atMin: Minutes;
}

export interface Measured {
  readonly raised: readonly Raised[];
  /** Of every innovation. */
  readonly normalised: readonly number[];
}

/** Nothing is judged while the twin has seen less than this: it does not know what the body held before. */
export const RUN_IN_MIN: Minutes = 720;

/** Runs the messages through the production code: twin, estimator, rules. */
export function measure(model: CommissionedModel, run: LoopRun): Measured {
  const rules: readonly Rule[] = [unexplainedInsulinEffect as Rule, divergence as Rule];
  const states = rules.map((rule) => rule.initial());
  const raised: Raised[] = [];
  const normalised: number[] = [];
  let twin = createTwin('bench', model);
  for (const message of run.messages) {
    const previous = twin;
    const applied = applyMessage(previous, message);
    twin = applied.twin;
    const { innovation } = applied;
    if (innovation === undefined) continue;
    normalised.push(innovation.normalised);
    for (const [index, rule] of rules.entries()) {
      const observation = { kind: 'message', now: message.receivedAt, message, twin, previous, innovation } as const;
      const checked = rule.check(states[index], observation);
      states[index] = checked.state;
      for (const { at, reported = {} } of checked.findings) {
        const atMin = Math.floor(at / MINUTE);
        const direction = String(reported['direction'] ?? reported['test']);
        if (atMin >= RUN_IN_MIN) raised.push({ rule: rule.id, direction, atMin });
      }
    }
  }
  return { raised, normalised };
}

/** How a fault of delivery was noticed. */
export interface Detection {
  readonly delayMin: Minutes;
  /** True plasma glucose when it was. */
  readonly glucose: MgPerDl;
  /** Whether glucose had been above 300 mg/dL, or below 54, since the fault began. */
  readonly afterHarm: boolean;
}

const HYPERGLYCAEMIA: MgPerDl = 300;
const HYPOGLYCAEMIA: MgPerDl = 54;

/** The first finding of that direction within `withinMin` of the fault, if any. */
export function detectionOf(
  { raised }: Measured,
  run: LoopRun,
  fromMin: Minutes,
  direction: 'missing' | 'excess',
  withinMin: Minutes,
): Detection | undefined {
  const first = raised.find(
    (finding) => finding.direction === direction && finding.atMin >= fromMin && finding.atMin <= fromMin + withinMin,
  );
  if (first === undefined) return undefined;
  const course = run.glucose.subarray(fromMin, first.atMin + 1);
  const afterHarm = course.some((glucose) =>
    direction === 'missing' ? glucose > HYPERGLYCAEMIA : glucose < HYPOGLYCAEMIA,
  );
  return { delayMin: first.atMin - fromMin, glucose: run.glucose[first.atMin]!, afterHarm };
}
