import type { Verdict } from '#simulate/exercise/exercise-report';

/** What the evidence of an exercise is. It stands on page one of every report. */
export const EVIDENCE_IS: readonly string[] = [
  'Model evidence: emulated devices around published virtual patients, watched and guarded by the code that runs in a live ward.',
  'Paired: each attacked run has a baseline on the same random numbers, so every difference is the work of the attack or of a defence.',
  'Counted: every share is given as k of n runs with its exact interval, which holds although runs stop early.',
  'Repeatable: the same version, suite, options and seed give the same report, and each row carries the command that repeats it.',
];

/** What it is not. */
export const EVIDENCE_IS_NOT: readonly string[] = [
  'No claim of clinical validity. The models end at 40 mg/dL, for want of counter-regulation: going below is told as an event, never as a number.',
  'No replacement for penetration testing of the real device, nor for clinical judgement. It complements both.',
  'No probability of an attack and no time to compromise. Each adversary is granted the position that the attack needs.',
  'No statement about patients, devices, settings or attacks other than those listed.',
];

/** A mark for each verdict, so that it is told by shape and word and not by colour alone. */
export const VERDICT_MARKS: Readonly<Record<Verdict, string>> = { accepted: '✓', violated: '✗', undecided: '?' };

/** What each column of outcomes means. */
export const OUTCOME_MEANINGS: Readonly<
  Record<'prevented' | 'detected' | 'contained' | 'recovered' | 'harmed', string>
> = {
  prevented: 'the adversary never affected therapy',
  detected: 'a monitor rule raised a true finding',
  contained: 'an effect on therapy was ended',
  recovered: 'therapy was back to the baseline within its bound',
  harmed: 'a hazardous situation arose that the baseline does not have',
};

const METRIC_WORDS: Readonly<Record<string, string>> = {
  detectedWithin: 'detected in time',
  detectedBeforeHarm: 'detected before harm',
  viewLost: 'view lost',
};

/** A metric in words; those that are words already stay. */
export const metricWords = (metric: string): string => METRIC_WORDS[metric] ?? metric;
