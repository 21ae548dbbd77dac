import { RULES } from '#assure/monitor/rule-table';
import { createRandom } from '#base/random';
import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { defineExercise } from '#edge/exercise/define-exercise';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { ActLog } from '#simulate/attack/act-log';
import { createCampaignRunner } from '#simulate/attack/campaign';
import type { Campaign } from '#simulate/attack/campaign-step';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import { commissionWard } from '#simulate/exercise/commission-ward';
import { type ExerciseDefinition, UNDEFENDED } from '#simulate/exercise/exercise-definition';
import { FIRST_MIDNIGHT, specificationOf } from '#simulate/exercise/run-ward';
import type { DefenceSet, DeviceDefences, Ward } from '#simulate/exercise/scenario';
import { createWard, type SimulatedWard, type WardSpecification } from '#simulate/world/ward';

/** The delivered catalog, and an exercise of it that the tests take their policies from. */
export const laboratory = loadLaboratory();
export const definition: ExerciseDefinition = defineExercise(laboratory, { what: 'radio-jammed', seed: 1 });

/** A ward of the catalog in which nothing is left to chance and nobody eats: what happens is what the test does. */
export function quietWard(base: string, change: Partial<Ward> = {}): Ward {
  const ward = laboratory.wards.get(base)!;
  return {
    ...ward,
    startMinute: 0,
    sensor: 'exact',
    radio: { ...ward.radio, loss: 0 },
    life: { meals: [], countingErrorCv: 0, unannounced: 0, sensitivityCv: 0 },
    // Nobody answers: the effect is the devices' alone.
    person: { ...ward.person, answersAwake: 0, answersAsleep: 0, declinesUnwanted: 1 },
    ...change,
  };
}

/** A defence set with only this switched on. */
export function only(device: Partial<DeviceDefences>, platform: Partial<DefenceSet['platform']> = {}): DefenceSet {
  return {
    ...UNDEFENDED,
    id: 'test',
    device: { ...UNDEFENDED.device, ...device },
    platform: { ...UNDEFENDED.platform, ...platform },
  };
}

export interface BenchRun {
  readonly ward: Ward;
  readonly defences?: DefenceSet;
  readonly patient?: string;
  readonly campaign?: Campaign;
  readonly commissioned?: CommissionedModel;
  readonly run?: number;
  /** What the specification says else than ward and defences would. */
  readonly change?: Partial<WardSpecification>;
}

export interface BenchWard extends SimulatedWard {
  /** Runs until this minute of the run. */
  until(minute: Minutes): void;
  acts(): ActLog;
}

/** Wires up one ward as an exercise would and starts it. */
export function startWard(run: BenchRun): BenchWard {
  const { ward, defences = UNDEFENDED, patient = 'adult#001', campaign, commissioned, change } = run;
  const rules = [...RULES.values()].filter(
    ({ id }) => defences.platform.monitor === 'all' || defences.platform.monitor.includes(id),
  );
  const request = {
    ward,
    defenceSet: defences,
    patient: laboratory.patientOf(patient),
    horizonMin: 1_440,
    commissioned,
  };
  const simulated = createWard({
    ...specificationOf(definition, request, `run ${run.run ?? 0}`, rules),
    ...change,
  });
  const startedAt = simulated.queue.now();
  const runner =
    campaign &&
    createCampaignRunner({
      campaign,
      techniques: TECHNIQUES,
      points: simulated.points,
      clock: simulated.queue,
      schedule: simulated.queue.at,
      random: createRandom('campaign'),
      origin: FIRST_MIDNIGHT,
    });
  simulated.start();
  runner?.start();
  return Object.assign(simulated, {
    until: (minute: Minutes) => simulated.queue.runUntil(startedAt + minute * MINUTE),
    acts: () => runner?.log() ?? { acts: [], count: 0 },
  });
}

/** A twin of `patient`, commissioned as an exercise does it. */
export const commissionFor = (ward: Ward, patient = 'adult#001'): CommissionedModel =>
  commissionWard(definition, ward, laboratory.patientOf(patient));
