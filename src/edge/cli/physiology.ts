import type { Command } from 'commander';
import { INPUT_HEADER } from './physiology-inputs.ts';

export const OUTPUT_HEADER = 't_min,plasma_glucose_mg_dl,interstitial_glucose_mg_dl';

/** Adds `physiology run` to the program; it sets the process's exit code. */
export function addPhysiologyCommand(program: Command): void {
  program
    .command('physiology')
    .description('patient models by themselves')
    .command('run')
    .description(`replay inputs (${INPUT_HEADER}) on a patient model, and write its glucose for every minute`)
    .requiredOption('--model <model>', 'uva-padova-2008 or hovorka-2004')
    .requiredOption('--patient <id>', "a person, such as 'adult#003' or 'hovorka#7'")
    .requiredOption('--inputs <file>', 'what the person eats and gets, piecewise constant from each row on')
    .requiredOption('--out <file>', `where to write ${OUTPUT_HEADER}`)
    .option('--step <minutes>', 'integration step, 1 divided by a whole number', '0.5')
    .option('--duration-min <minutes>', 'end of the run; otherwise the time of the last row')
    .action(
      async (given: Record<'model' | 'patient' | 'inputs' | 'out' | 'step', string> & { durationMin?: string }) => {
        const { durationMin, step, ...rest } = given;
        const { runPhysiology } = await import('./run-physiology.ts');
        process.exitCode = await runPhysiology({
          ...rest,
          step: Number(step),
          ...(durationMin === undefined ? {} : { durationMin: Number(durationMin) }),
        });
      },
    );
}
