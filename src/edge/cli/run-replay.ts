import { loadLaboratory } from '#edge/catalog/laboratory';
import { defineExercise } from '#edge/exercise/define-exercise';
import { clockOfRun } from '#edge/report/format';
import { UNDEFENDED } from '#simulate/exercise/exercise-definition';
import { judge } from '#simulate/exercise/judge';
import { marksOf } from '#simulate/exercise/representative-run';
import { createChunkRunner, wardOf } from '#simulate/exercise/run-chunk';
import { SERIES_STEP_MIN } from '#simulate/exercise/run-outcome';
import type { ReplayOptions } from './replay.ts';

export function replay({ scenario: what, patient, seed, run, defences }: ReplayOptions): string {
  const laboratory = loadLaboratory();
  const definition = defineExercise(laboratory, {
    what,
    patients: [patient],
    defences: [defences],
    ...(seed === undefined ? {} : { seed }),
  });
  const scenario = definition.scenarios[0]!;
  const runner = createChunkRunner(definition, laboratory.patientOf);
  const pair = runner.runPair(scenario, definition.defenceSets[0]!, patient, run);
  const undefended = runner.runPair(scenario, UNDEFENDED, patient, run).attacked;
  const verdict = judge({
    ...pair,
    undefended,
    effect: scenario.effect,
    harmAtLeast: scenario.harmAtLeast ?? 'serious',
  });
  const start = wardOf(definition, scenario).startMinute;
  const { body } = pair.attacked;
  const lines = [
    `${scenario.title}`,
    `patient ${patient}, run ${run}, seed ${definition.seed}, defences ${defences}, wardtwin ${definition.version}`,
    '',
    ...marksOf(pair, start)
      .toSorted((left, right) => left.atMin - right.atMin)
      .map(({ lane, atMin, untilMin, text }) => {
        const glucose = body.glucose[Math.min(body.glucose.length - 1, Math.floor((atMin - start) / SERIES_STEP_MIN))]!;
        const until = untilMin === null ? '' : ` to ${clockOfRun(untilMin)}`;
        const level = glucose < 40 ? '<40' : glucose.toFixed(0);
        return `${clockOfRun(atMin).padStart(8)}${until.padEnd(12)} ${level.padStart(4)} mg/dL  ${lane.padEnd(11)} ${text}`;
      }),
    '',
    `severity ${verdict.severity} (baseline ${verdict.baselineSeverity}); time below 54: ${body.tbr54.toFixed(1)} %, below 70: ${body.tbr70.toFixed(1)} %, above 250: ${body.tar250.toFixed(1)} %`,
    `prevented: ${yesNo(verdict.prevented)}; detected: ${verdict.detectedMin === undefined ? 'no' : `by ${verdict.detectedBy}, ${verdict.detectionDelayMin?.toFixed(1)} min after the first act`}` +
      (verdict.leadOverHarmMin === undefined
        ? ''
        : `, ${Math.abs(verdict.leadOverHarmMin).toFixed(1)} min ${verdict.leadOverHarmMin >= 0 ? 'before' : 'after'} the undefended run's first hazardous situation`),
    `contained: ${yesNo(verdict.contained)}; recovered: ${yesNo(verdict.recovered)}; view lost: ${yesNo(verdict.viewLost)}`,
  ];
  return lines.join('\n');
}

const yesNo = (value: boolean | undefined): string => (value === undefined ? 'does not apply' : value ? 'yes' : 'no');
