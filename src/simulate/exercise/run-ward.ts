import type { Rule } from '#assure/monitor/rule';
import { RULES } from '#assure/monitor/rule-table';
import { createRandom } from '#base/random';
import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes, Units, UnitsPerHour } from '#base/units';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { GlycaemicMetrics } from '#model/hazard/glycaemic-metrics';
import { classifySeverity } from '#model/hazard/severity';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { type CampaignRunner, createCampaignRunner } from '#simulate/attack/campaign';
import type { Campaign } from '#simulate/attack/campaign-step';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { INFLUENCE_STEP, type Influences } from '#simulate/world/cause';
import { createWard, type SimulatedWard, type WardSpecification } from '#simulate/world/ward';
import type { ExerciseDefinition } from './exercise-definition.ts';
import { settleLife } from './life.ts';
import { type InfluenceSpan, type RunOutcome, SERIES_STEP_MIN } from './run-outcome.ts';
import type { DefenceSet, PlatformDefences, Ward } from './scenario.ts';

/** Midnight at which every exercise begins: Monday 5 January 2026, in the simulated ward's own time. */
export const FIRST_MIDNIGHT: Millis = 1_767_571_200_000;

export interface RunRequest {
  readonly ward: Ward;
  readonly defenceSet: DefenceSet;
  readonly patient: VirtualPatient;
  /** Which of the patient's lives: meals, sensor errors, lost frames. The same number is the same life. */
  readonly run: number;
  readonly horizonMin: Minutes;
  readonly campaign?: Campaign;
  readonly commissioned: CommissionedModel | undefined;
}

/** Runs one ward over its horizon, with or without an adversary. Depends on nothing but its arguments. */
export function runWard(definition: ExerciseDefinition, request: RunRequest): RunOutcome {
  return runWardTo(definition, request, [request.horizonMin])[0]!;
}

/**
 * The same run seen at several horizons, rising, none beyond that of the request: a longer run begins as a shorter one does,
 * so baselines of different lengths are one run.
 */
export function runWardTo(
  definition: ExerciseDefinition,
  request: RunRequest,
  horizons: readonly Minutes[],
): readonly RunOutcome[] {
  const rules = rulesOf(request.defenceSet.platform);
  const ward = createWard(specificationOf(definition, request, `run ${request.run}`, rules));
  const adversary = request.campaign && createAdversary(definition, request, request.campaign, ward);
  const { basalRate } = request.patient;
  return observeWard(ward, adversary, horizons, { basalRate, severityCriteria: definition.severityCriteria });
}

/** What a run is judged by. */
export interface Yardstick {
  readonly basalRate: UnitsPerHour;
  readonly severityCriteria: ExerciseDefinition['severityCriteria'];
}

/** Starts a ward, and an adversary in it, and tells what came of it up to each of the horizons, which rise. */
export function observeWard(
  ward: SimulatedWard,
  adversary: CampaignRunner | undefined,
  horizons: readonly Minutes[],
  yardstick: Yardstick,
): readonly RunOutcome[] {
  const startedAt = ward.queue.now();
  ward.start();
  adversary?.start();

  const series: Series = { glucose: [], commanded: [], delivered: [] };
  let commandedBefore = 0;
  let deliveredBefore = 0;
  let minute = 0;
  return horizons.map((horizonMin) => {
    for (; minute < horizonMin; minute += SERIES_STEP_MIN) {
      series.glucose.push(ward.body.plasmaGlucose);
      ward.queue.runUntil(startedAt + (minute + SERIES_STEP_MIN) * MINUTE);
      const commandedNow = ward.commanded();
      series.commanded.push(commandedNow - commandedBefore);
      series.delivered.push(ward.body.infused - deliveredBefore);
      commandedBefore = commandedNow;
      deliveredBefore = ward.body.infused;
    }
    const atMin = (at: Millis): Minutes => (at - startedAt) / MINUTE;
    const acts = adversary?.log().acts ?? [];
    return {
      startedAt,
      horizonMin,
      body: bodyOutcome(yardstick, ward, series),
      adversary: {
        acts: acts.map(({ at, step, what }) => ({ atMin: atMin(at), what: `${step}: ${what}` })),
        firstActMin: acts[0] && atMin(acts[0].at),
        therapy: spanOf(ward.influences, 'therapy', atMin),
        view: spanOf(ward.influences, 'view', atMin),
      },
      platform: platformOutcome(ward, atMin),
    };
  });
}

interface Series {
  readonly glucose: MgPerDl[];
  readonly commanded: Units[];
  readonly delivered: Units[];
}

function createAdversary(
  definition: ExerciseDefinition,
  { patient, run }: RunRequest,
  campaign: Campaign,
  ward: SimulatedWard,
): CampaignRunner {
  return createCampaignRunner({
    campaign,
    techniques: TECHNIQUES,
    points: ward.points,
    clock: ward.queue,
    schedule: ward.queue.at,
    random: createRandom(`${definition.seed}/${patient.id}/${run}/campaign`),
    origin: FIRST_MIDNIGHT,
  });
}

function bodyOutcome(
  { basalRate, severityCriteria }: Yardstick,
  ward: SimulatedWard,
  { glucose, commanded, delivered }: Series,
): RunOutcome['body'] {
  const metrics = ward.body.metrics();
  return {
    glucose: glucose.slice(),
    commanded: commanded.slice(),
    delivered: delivered.slice(),
    safeBasal: (basalRate * SERIES_STEP_MIN) / 60,
    tbr54: 100 * metrics.timeBelow54,
    tbr70: 100 * metrics.timeBelow70,
    tar180: 100 * metrics.timeAbove180,
    tar250: 100 * metrics.timeAbove250,
    below40: metrics.nadir.kind === 'below-validity',
    severity: classifySeverity(metrics, severityCriteria).severity,
    firstHazardMin: firstHazard(metrics),
  };
}

/** A hazardous situation: glucose at which the consensus asks for immediate action (Battelino 2019: level 2, both sides). */
function firstHazard({ firstBelow54, firstAbove250 }: GlycaemicMetrics): Minutes | undefined {
  if (firstBelow54 === undefined) return firstAbove250;
  return firstAbove250 === undefined ? firstBelow54 : Math.min(firstBelow54, firstAbove250);
}

function platformOutcome(ward: SimulatedWard, atMin: (at: Millis) => Minutes): RunOutcome['platform'] {
  const { platform, history, influences } = ward;
  const { incidents } = platform.platform.incident();
  return {
    findings: platform.findings.slice(),
    findingsDropped: platform.findingsDropped,
    messages: platform.messages,
    responses: platform.responses.map(({ at, what, touchesTherapy }) => ({ atMin: atMin(at), what, touchesTherapy })),
    incidents: incidents.map(({ declaredAt, criterion, playbook }) => ({
      atMin: atMin(declaredAt),
      what: `${criterion}: ${playbook}`,
    })),
    viewLostMin: platform.viewLostMin,
    // Only an adversary alters the store, so only its runs pay for reading it all.
    historyForged: influences.count('view') > 0 && history.audit().kind === 'tampered',
  };
}

function spanOf(influences: Influences, on: 'therapy' | 'view', atMin: (at: Millis) => Minutes): InfluenceSpan {
  const first = influences.first(on);
  const last = influences.last(on);
  return {
    count: influences.count(on),
    firstMin: first && atMin(first.at),
    lastMin: last && atMin(last.at),
    firstWhat: first?.what,
    steps: influences.steps(on).map((step) => Math.floor(atMin(step * INFLUENCE_STEP) / SERIES_STEP_MIN)),
  };
}

/** The rules of the monitor that a defence set switches on. */
export function rulesOf({ monitor }: PlatformDefences): readonly Rule[] {
  const all = [...RULES.values()];
  return monitor === 'all' ? all : all.filter(({ id }) => monitor.includes(id));
}

/**
 * The ward of a run. INVARIANT: no random stream is named after the defence set or the scenario, so that every run of this
 * patient and number draws the same life.
 */
export function specificationOf(
  definition: ExerciseDefinition,
  request: Omit<RunRequest, 'run' | 'horizonMin'> & { readonly horizonMin: Minutes },
  label: string,
  rules: readonly Rule[],
): WardSpecification {
  const { ward, patient, defenceSet } = request;
  const random = createRandom(`${definition.seed}/${patient.id}/${label}`);
  const life = settleLife(ward, patient, random, FIRST_MIDNIGHT, request.horizonMin);
  return {
    startsAt: FIRST_MIDNIGHT + ward.startMinute * MINUTE,
    patient,
    plantStepMin: ward.plantStepMin,
    ...life,
    reactions: ward.person,
    fobShare: ward.remote.enabled ? ward.remote.shareOfMealBoluses : 0,
    caregiverShare: ward.caregiver?.shareOfMealBoluses ?? 0,
    remoteEnabled: ward.remote.enabled,
    pump: ward.pump,
    controller: ward.controller,
    ...surroundingsOf(definition, ward, defenceSet),
    rules,
    commissioned: request.commissioned,
    random,
  };
}

/** What is around the devices of a ward, whoever lives in it: links, defences, and what the catalog gives the platform. */
export const surroundingsOf = (
  definition: Pick<ExerciseDefinition, 'thingModels' | 'guardPolicies' | 'incidentPolicy' | 'playbooks'>,
  { radio, uplink }: Pick<Ward, 'radio' | 'uplink'>,
  { device, platform }: DefenceSet,
) => ({
  radio: { loss: radio.loss, latency: radio.latencyMs, jitter: radio.jitterMs },
  uplink: { latency: uplink.latencyMs, jitter: uplink.jitterMs },
  defences: { ...device, containment: platform.containment },
  thingModels: definition.thingModels,
  guardPolicy: definition.guardPolicies[platform.guard],
  incidentPolicy: definition.incidentPolicy,
  playbooks: definition.playbooks,
});
