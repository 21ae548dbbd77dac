import type { Rule } from '#assure/monitor/rule';
import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { commission } from '#mirror/twin/commission';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { createWard } from '#simulate/world/ward';
import { type ExerciseDefinition, UNDEFENDED } from './exercise-definition.ts';
import { specificationOf } from './run-ward.ts';
import type { Ward } from './scenario.ts';

/** Attack-free days that a twin is identified from before anything is asked of it. */
export const COMMISSIONING_MIN: Minutes = 5 * 1_440;

/**
 * Runs the ward attack-free and identifies the twin's model from the messages that reached the platform, and from nothing
 * else. A life of its own: the days that are exercised were never seen.
 */
export function commissionWard(definition: ExerciseDefinition, ward: Ward, patient: VirtualPatient): CommissionedModel {
  return commission(attackFreeMessages(definition, ward, patient, 'commissioning', COMMISSIONING_MIN));
}

/** What reaches the platform from midnight on while nobody attacks. `label` names the life that is lived. */
export function attackFreeMessages(
  definition: ExerciseDefinition,
  ward: Ward,
  patient: VirtualPatient,
  label: string,
  durationMin: Minutes,
): readonly DeviceMessage[] {
  const messages: DeviceMessage[] = [];
  const begin = { ...ward, startMinute: 0 };
  const request = { ward: begin, defenceSet: UNDEFENDED, patient, horizonMin: durationMin, commissioned: undefined };
  const simulated = createWard(specificationOf(definition, request, label, [collectorOf(messages)]));
  const startedAt = simulated.queue.now();
  simulated.start();
  simulated.queue.runUntil(startedAt + durationMin * MINUTE);
  return messages;
}

/** Sits where rules sit, so that it sees what they would see. */
function collectorOf(messages: DeviceMessage[]): Rule<null> {
  return {
    id: 'commissioning',
    statement: 'keeps the messages of an attack-free period',
    answers: [],
    cost: 'memory for the period',
    knownFalsePositives: [],
    initial: () => null,
    check: (state, observation) => {
      if (observation.kind === 'message') messages.push(observation.message);
      return { state, findings: [] };
    },
  };
}
