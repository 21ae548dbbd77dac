import { createRandom, type Random } from '#base/random';
import { SEVERITIES, type Severity } from '#model/hazard/severity';
import {
  type CriterionResult,
  combineVerdicts,
  type Distribution,
  type ExerciseReport,
  type GlucoseBand,
  type RepresentativeRun,
  type ScenarioResult,
  type TimelineMark,
  type Verdict,
} from '#simulate/exercise/exercise-report';
import { proportion } from '#simulate/exercise/statistics/proportion';

/**
 * Test data: a report of the shape of a real one whose figures are made up, smooth curves with the features that the drawings
 * have to cope with. It is evidence of nothing.
 */
const STEP_MIN = 5;
const STEPS = 288;
const RUNS = 48;
const CONFIDENCE = 0.95;
const ATTACK_MIN = 480;

const SETS = [
  { id: 'none', title: 'No defence', defences: [], strength: 0 },
  {
    id: 'device',
    title: 'Device defences',
    defences: ['link-authentication', 'anti-replay', 'hourly-dose-limit', 'low-glucose-suspend'],
    strength: 0.88,
  },
  {
    id: 'platform',
    title: 'Platform defences',
    defences: ['monitor', 'command-guard', 'automatic-containment'],
    strength: 0.8,
  },
  {
    id: 'all',
    title: 'All defences',
    defences: [
      'link-authentication',
      'anti-replay',
      'hourly-dose-limit',
      'low-glucose-suspend',
      'monitor',
      'command-guard',
      'automatic-containment',
    ],
    strength: 0.97,
  },
] as const;

const SCENARIOS = [
  { id: 'replayed-bolus', title: 'Replayed bolus', effect: -110, ics: ['T0843', 'T0855'], emb3d: ['TID-222'] },
  {
    id: 'suspended-basal',
    title: 'Injected suspend of basal insulin',
    effect: 150,
    ics: ['T0855'],
    emb3d: ['TID-222'],
  },
  {
    id: 'slow-glucose-bias',
    title: 'Slow bias of glucose readings, shaped to stay under the detectors',
    effect: -75,
    ics: ['T0856'],
    emb3d: ['TID-220', 'TID-221'],
  },
  {
    id: 'pump-firmware-factor',
    title: 'Pump firmware that delivers twice what it reports',
    effect: -140,
    ics: ['T0857'],
    emb3d: [],
  },
  { id: 'radio-jamming', title: 'Radio <jamming> & battery "drain"', effect: 4, ics: ['T0814'], emb3d: ['TID-301'] },
] as const;

export function madeUpReport(scenarioCount: number = SCENARIOS.length): ExerciseReport {
  const random = createRandom('made-up report');
  const scenarios = Array.from({ length: scenarioCount }, (_, index) => index).flatMap((index) =>
    SETS.map((set) => madeUpResult(index, set, random.fork(`${index}/${set.id}`))),
  );
  return {
    version: '0.1.0',
    seed: 1,
    suite: 'closed-loop-insulin',
    title: 'Closed-loop insulin delivery',
    command: 'npx wardtwin validate closed-loop-insulin --seed 1 --runs 48',
    options: {
      patients: Array.from({ length: 10 }, (_, index) => `adult#${String(index + 1).padStart(3, '0')}`),
      maximumRuns: RUNS,
      confidence: CONFIDENCE,
    },
    complete: true,
    verdict: combineVerdicts(scenarios.map((scenario) => scenario.verdict)),
    defenceSets: SETS.map(({ id, title, defences }) => ({ id, title, defences })),
    scenarios,
  };
}

function madeUpResult(index: number, set: (typeof SETS)[number], random: Random): ScenarioResult {
  const scenario = SCENARIOS[index % SCENARIOS.length]!;
  const id = index < SCENARIOS.length ? scenario.id : `${scenario.id}-${index}`;
  const slow = scenario.id === 'slow-glucose-bias';
  const effect = scenario.effect * (1 - set.strength);
  const harmfulness = Math.min(Math.abs(effect) / 60, 1);
  const detects = set.id === 'platform' || set.id === 'all';
  const binomial = (share: number, n: number): number =>
    Array.from({ length: n }, () => random.chance(share)).filter(Boolean).length;
  const ratio = (share: number, n: number = RUNS) => proportion(binomial(share, n), n, CONFIDENCE);
  const prevented = ratio(set.strength);
  const affected = RUNS - prevented.k;
  const detected = ratio(detects ? (slow ? 0.7 : 0.99) : 0);
  const harmed = ratio(harmfulness ** 1.5 * 0.98);
  const criteria: readonly CriterionResult[] =
    set.id === 'none'
      ? [criterion('the attack does the harm it claims', 'harmed', 'at least', 0.5, harmed)]
      : [
          criterion('no more than a few runs reach a hazardous situation', 'harmed', 'at most', 0.25, harmed),
          ...(detects ? [criterion('the platform notices the attack', 'detected', 'at least', 0.8, detected)] : []),
        ];
  const delays = Array.from({ length: detected.k }, () => Math.floor(-Math.log(1 - random.next()) * (slow ? 40 : 4)));
  const counts = Array.from(
    { length: Math.max(0, ...delays.map((delay) => delay + 1)) },
    (_, bin) => delays.filter((delay) => delay === bin).length,
  );
  return {
    id,
    title: scenario.title,
    source:
      'made-up test data; a real scenario names its advisory or paper here, such as CISA ICSMA-18-219-02 (CVE-2018-14781)',
    techniques: [{ id: scenario.id, title: scenario.title, attackIcs: scenario.ics, emb3d: scenario.emb3d }],
    defences: set.id,
    patients: ['adult#001', 'adult#002', 'adult#003'],
    runs: RUNS,
    stoppedEarly: random.chance(0.3),
    verdict: combineVerdicts(criteria.map(({ outcome }) => outcome)),
    criteria,
    prevented,
    detected,
    contained: ratio(set.strength, affected),
    recovered: ratio(set.strength * 0.9, affected),
    harmed,
    detectionDelayMin: distributionOf(delays.map((delay) => delay * STEP_MIN)),
    detectionDelayHistogram: { binMin: STEP_MIN, counts },
    leadOverHarmMin: distributionOf(delays.slice(0, harmed.k).map((delay) => 70 - delay * STEP_MIN)),
    detectedBy: detected.k === 0 ? [] : [{ rule: 'insulin-evidence', runs: detected.k }],
    harm: {
      severity: { attacked: severities(harmed.k), baseline: severities(0) },
      tbr54Percent: pairedMean(effect < 0 ? harmed.k / 12 : 0.1, 0.1),
      tbr70Percent: pairedMean(effect < 0 ? harmed.k / 5 : 0.9, 0.9),
      tar250Percent: pairedMean(effect > 0 ? harmed.k / 3 : 1.2, 1.2),
      hypoRuns: { attacked: effect < 0 ? harmed.k : 0, baseline: 0 },
      below40Runs: { attacked: effect < -80 ? harmed.k : 0, baseline: 0 },
    },
    attackFree: {
      runs: 30,
      deviceDays: 120,
      falseFindings: detects ? 7 : 0,
      falseFindingsByRule: detects
        ? [
            { rule: 'silence', findings: 5 },
            { rule: 'insulin-evidence', findings: 2 },
          ]
        : [],
    },
    falseFindingsPerDeviceDay: detects ? 0.058 : 0,
    therapyLost: {
      insulinUnitsPerDay: set.strength * 0.2,
      minutesPerDay: set.strength * 3,
      addedTbr70Percent: 0 - set.strength / 20,
      addedTar180Percent: set.strength / 4,
    },
    bands: { attacked: madeUpBand(effect, 22), baseline: madeUpBand(0, 16) },
    representative: madeUpRun(effect, detects, set.strength > 0),
    replayCommand: `npx wardtwin replay --scenario ${id} --patient 'adult#003' --seed 17 --defences ${set.id}`,
  };
}

function criterion(
  text: string,
  metric: string,
  relation: CriterionResult['relation'],
  bound: number,
  observed: CriterionResult['observed'],
): CriterionResult {
  const met = relation === 'at least' ? observed.low >= bound : observed.high <= bound;
  const missed = relation === 'at least' ? observed.high < bound : observed.low > bound;
  const outcome: Verdict = met ? 'accepted' : missed ? 'violated' : 'undecided';
  return { text, metric, relation, bound, observed, outcome };
}

/** Three meals, and an effect that sets in after the attack and wears off. */
function madeUpGlucose(minute: number, effect: number): number {
  const meals = [430, 750, 1110].map((meal) => {
    const since = (minute - meal) / 70;
    return since <= 0 ? 0 : 95 * since * Math.exp(1 - since);
  });
  const since = (minute - ATTACK_MIN) / 150;
  const disturbance = since <= 0 ? 0 : effect * since ** 2 * Math.exp(2 - 2 * since);
  return 112 + meals.reduce((sum, rise) => sum + rise, 0) + disturbance;
}

function madeUpBand(effect: number, spread: number): GlucoseBand {
  const quantile = (deviation: number): readonly number[] =>
    steps((minute) => {
      const widening = spread * (1 + Math.min(minute / 1440, 1));
      const value = madeUpGlucose(minute, effect * (1 - 0.25 * deviation)) + deviation * widening;
      return Math.round(10 * Math.min(Math.max(value, 40), 500)) / 10;
    });
  return {
    startMin: 0,
    stepMin: STEP_MIN,
    q05: quantile(-1.64),
    q25: quantile(-0.67),
    median: quantile(0),
    q75: quantile(0.67),
    q95: quantile(1.64),
  };
}

function madeUpRun(effect: number, detects: boolean, defended: boolean): RepresentativeRun {
  const wave = (minute: number): number => 6 * Math.sin(minute / 37) + 4 * Math.sin(minute / 13);
  const glucose = (size: number): readonly number[] =>
    steps((minute) => Math.round(10 * Math.max(madeUpGlucose(minute, size) + wave(minute), 40)) / 10);
  const commanded = steps((minute) => ([430, 750, 1110].includes(minute) ? 5.5 : 0.1));
  const extra = Math.abs(effect) > 30 ? 6 : 0;
  return {
    patient: 'adult#003',
    run: 1,
    startMin: 0,
    stepMin: STEP_MIN,
    glucose: glucose(effect),
    baselineGlucose: glucose(0),
    commanded,
    delivered: commanded.map((units, step) => {
      if (effect > 30) return step * STEP_MIN > ATTACK_MIN && step * STEP_MIN < 900 ? 0 : units;
      return step === Math.floor(ATTACK_MIN / STEP_MIN) ? units + extra : units;
    }),
    baselineDelivered: commanded,
    marks: madeUpMarks(effect, detects, defended),
  };
}

function madeUpMarks(effect: number, detects: boolean, defended: boolean): readonly TimelineMark[] {
  const marks: TimelineMark[] = [
    { lane: 'attack', atMin: ATTACK_MIN, untilMin: null, text: 'frame replayed to the pump' },
    { lane: 'attack', atMin: ATTACK_MIN + 6, untilMin: ATTACK_MIN + 120, text: 'readings of the pump withheld' },
  ];
  if (detects) {
    marks.push({
      lane: 'detection',
      atMin: ATTACK_MIN + 12,
      untilMin: null,
      text: 'insulin-evidence: 6 U were not commanded',
    });
    marks.push({ lane: 'detection', atMin: ATTACK_MIN + 31, untilMin: null, text: 'silence: no report for `25` min' });
  }
  if (defended && detects) {
    marks.push({
      lane: 'containment',
      atMin: ATTACK_MIN + 14,
      untilMin: 900,
      text: 'remote commands refused, basal profile',
    });
  }
  if (Math.abs(effect) > 40)
    marks.push({ lane: 'harm', atMin: ATTACK_MIN + 75, untilMin: 790, text: 'glucose out of the safe range' });
  return marks;
}

const steps = (value: (minute: number) => number): readonly number[] =>
  Array.from({ length: STEPS }, (_, step) => Number(value(step * STEP_MIN).toFixed(2)));

function severities(harmed: number): Readonly<Record<Severity, number>> {
  const shares: readonly number[] = [0, 0, 0.2, 0.5, 0.2, 0.1];
  const counts = shares.map((share) => Math.floor(share * harmed));
  const rest = RUNS - counts.reduce((sum, count) => sum + count, 0);
  const entries = SEVERITIES.map((severity, index) => [severity, index === 0 ? rest : counts[index]!] as const);
  return Object.fromEntries(entries) as Record<Severity, number>;
}

const pairedMean = (attacked: number, baseline: number) => ({
  attacked,
  baseline,
  difference: attacked - baseline,
  largestDifference: 2 * (attacked - baseline),
});

function distributionOf(values: readonly number[]): Distribution {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (q: number): number | null => sorted[Math.min(Math.floor(q * sorted.length), sorted.length - 1)] ?? null;
  return {
    n: sorted.length,
    min: at(0),
    q05: at(0.05),
    q25: at(0.25),
    median: at(0.5),
    q75: at(0.75),
    q95: at(0.95),
    max: at(1),
  };
}

/** Names that try to leave their place in every format. */
export function hostileReport(): ExerciseReport {
  const hostile = `</style></title><script>alert(1)</script>" onload='x' ]]> & \u0000\u001b[31m\n`;
  const report = madeUpReport(1);
  return {
    ...report,
    title: hostile,
    suite: hostile,
    command: hostile,
    options: { ...report.options, patients: [hostile] },
    defenceSets: report.defenceSets.map((set) => ({ ...set, title: hostile, defences: [hostile] })),
    scenarios: report.scenarios.map((result) => ({
      ...result,
      id: hostile,
      title: hostile,
      source: hostile,
      replayCommand: hostile,
      techniques: [{ id: hostile, title: hostile, attackIcs: [hostile], emb3d: [hostile] }],
      criteria: result.criteria.map((one) => ({ ...one, text: hostile, metric: hostile })),
      detectedBy: [{ rule: hostile, runs: 1 }],
      representative: {
        ...result.representative,
        patient: hostile,
        marks: [{ lane: 'attack', atMin: 0, untilMin: null, text: hostile }],
      },
    })),
  };
}

/** An exercise that was interrupted, with a scenario in which nothing was counted. */
export function emptyReport(): ExerciseReport {
  const report = madeUpReport(1);
  const nothing = { k: 0, n: 0, low: 0, high: 1 };
  const band: GlucoseBand = { startMin: 0, stepMin: STEP_MIN, q05: [], q25: [], median: [], q75: [], q95: [] };
  const scenarios = report.scenarios.slice(0, 1).map((result) => ({
    ...result,
    patients: [],
    runs: 0,
    verdict: 'undecided' as const,
    criteria: [],
    prevented: nothing,
    detected: nothing,
    contained: nothing,
    recovered: nothing,
    harmed: nothing,
    detectionDelayMin: distributionOf([]),
    detectionDelayHistogram: { binMin: STEP_MIN, counts: [] },
    leadOverHarmMin: distributionOf([]),
    detectedBy: [],
    falseFindingsPerDeviceDay: null,
    therapyLost: null,
    attackFree: { runs: 0, deviceDays: 0, falseFindings: 0, falseFindingsByRule: [] },
    bands: { attacked: band, baseline: band },
    representative: {
      ...result.representative,
      glucose: [],
      baselineGlucose: [],
      commanded: [],
      delivered: [],
      baselineDelivered: [],
      marks: [],
    },
  }));
  return { ...report, complete: false, verdict: 'undecided', scenarios };
}
