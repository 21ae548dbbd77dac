import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Minutes } from '#base/units';
import type { Campaign } from '#simulate/attack/campaign-step';
import type { InfluenceSpan, RunOutcome } from '#simulate/exercise/run-outcome';
import { type RunRequest, runWardTo } from '#simulate/exercise/run-ward';
import type { DefenceSet, Ward } from '#simulate/exercise/scenario';
import { commissionFor, definition, laboratory, only } from './laboratory-bench.ts';

const home = laboratory.wards.get('closed-loop-home')!;
const commissioned = commissionFor(home);

/** A day with everything that a ward can have: a key fob, a caregiver, unannounced meals; and twelve hours of it. */
const BUSY: Ward = {
  ...home,
  remote: { enabled: true, shareOfMealBoluses: 0.4 },
  caregiver: { shareOfMealBoluses: 0.3 },
  life: { ...home.life, unannounced: 0.3 },
};
const CAMPAIGN: Campaign = {
  positions: ['radio-range'],
  steps: [
    { id: 'bolus', technique: 'injected-bolus', start: { kind: 'at', minute: 900 } },
    {
      id: 'blind',
      technique: 'reading-blocked',
      start: { kind: 'after', step: 'bolus', delayMin: 30 },
      durationMin: 120,
    },
  ],
};

const per = (values: readonly number[], steps: number, decimals: number, of: (part: readonly number[]) => number) =>
  Array.from({ length: Math.ceil(values.length / steps) }, (_, index) =>
    of(values.slice(index * steps, (index + 1) * steps)).toFixed(decimals),
  ).join(' ');
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const short = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'number' ? Number(part.toPrecision(9)) : part));
/** The steps of a span as their number and their sum. */
const spanOf = ({ steps, ...span }: InfluenceSpan) => ({ ...span, steps: [steps.length, sum(steps)] });

function told({ startedAt, horizonMin, body, adversary, platform }: RunOutcome): string {
  const { glucose, commanded, delivered, ...figures } = body;
  const { acts, firstActMin, therapy, view } = adversary;
  return [
    `${horizonMin} min from ${new Date(startedAt).toISOString()}`,
    `glucose, mg/dL, half-hourly: ${per(glucose, 6, 3, ([first]) => first!)}`,
    `commanded, U/h: ${per(commanded, 12, 4, sum)}`,
    `delivered, U/h: ${per(delivered, 12, 4, sum)}`,
    `body ${short(figures)}`,
    `adversary ${short({ acts: [acts.length, ...acts.slice(0, 2), acts.at(-1)], firstActMin })}`,
    `therapy ${short(spanOf(therapy))} view ${short(spanOf(view))}`,
    `platform ${short(platform)}`,
  ].join('\n');
}

function run(ward: Ward, defenceSet: DefenceSet, horizons: readonly Minutes[], more: Partial<RunRequest> = {}): string {
  const patient = laboratory.patientOf('adult#001');
  const request = { ward, defenceSet, patient, run: 1, horizonMin: horizons.at(-1)!, commissioned: undefined, ...more };
  return runWardTo(definition, request, horizons).map(told).join('\n');
}

/*
 * Runs without any platform defence: what a ward, its people, its links and its devices make of a day. After a change that is
 * meant: node_modules/.bin/node --test --test-update-snapshots test/simulate/exercise/run-as-reviewed.test.ts
 */
test('a day of a ward is as reviewed, attacked and not, in every figure', (t) => {
  const text = [
    `commissioned ${short(commissioned.parameters)}`,
    `attacked, no defences\n${run(BUSY, only({}), [720, 1_440], { commissioned, campaign: CAMPAIGN })}`,
    `baseline, no defences\n${run(BUSY, only({}), [720], { commissioned })}`,
    `attacked, links protected\n${run({ ...BUSY, sensor: 'breton-2008' }, only({ linkAuthentication: true, antiReplay: true }), [720], { campaign: CAMPAIGN })}`,
    `a night, exact sensor\n${run({ ...home, sensor: 'exact', startMinute: 1_200 }, only({ lowGlucoseSuspend: true }), [720])}`,
  ].join('\n\n');
  const path = fileURLToPath(new URL('./snapshots/days.txt', import.meta.url));
  t.assert.fileSnapshot(`${text}\n`, path, { serializers: [(value: string) => value] });
});
