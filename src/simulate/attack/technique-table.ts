import type { Technique } from './technique.ts';
import { alarmSuppression } from './techniques/alarm-suppression.ts';
import { basalProfileTampered } from './techniques/basal-profile-tampered.ts';
import { batteryDrain } from './techniques/battery-drain.ts';
import { carbRatioTampered } from './techniques/carb-ratio-tampered.ts';
import { commandBlocked } from './techniques/command-blocked.ts';
import { controllerLimitsTampered } from './techniques/controller-limits-tampered.ts';
import { delayAndReorder } from './techniques/delay-and-reorder.ts';
import { firmwareDeliveryFactor } from './techniques/firmware-delivery-factor.ts';
import { glucoseBiasOnHandset, glucoseBiasOnRadio } from './techniques/glucose-bias.ts';
import { glucoseFreezeOnHandset, glucoseFreezeOnRadio } from './techniques/glucose-freeze.ts';
import { glucoseRampOnHandset, glucoseRampOnRadio } from './techniques/glucose-ramp.ts';
import { glucoseReplaceOnHandset, glucoseReplaceOnRadio } from './techniques/glucose-replace.ts';
import { glucoseFramesReplayed, glucoseReplayOnHandset, glucoseReplayOnRadio } from './techniques/glucose-replay.ts';
import { handsetClockShift } from './techniques/handset-clock-shift.ts';
import { historyEdit } from './techniques/history-edit.ts';
import { injectedBolus, repeatedSmallBoluses } from './techniques/injected-bolus.ts';
import { injectedSuspend } from './techniques/injected-suspend.ts';
import { limitsTampered } from './techniques/limits-tampered.ts';
import { malwareBolus } from './techniques/malware-bolus.ts';
import { radioJamming } from './techniques/radio-jamming.ts';
import { readingBlocked } from './techniques/reading-blocked.ts';
import { replayedBolus } from './techniques/replayed-bolus.ts';
import { slowBasalCreep } from './techniques/slow-basal-creep.ts';
import { slowGlucoseDriftOnHandset, slowGlucoseDriftOnRadio } from './techniques/slow-glucose-drift.ts';
import { stolenAccountBolus, stolenAccountSuspend } from './techniques/stolen-account.ts';
import { twinPoisoning } from './techniques/twin-poisoning.ts';
import { uplinkManipulation } from './techniques/uplink-manipulation.ts';

/** All techniques, by where the adversary stands. A new technique is one file and one line here. */
const ALL: readonly Technique[] = [
  // radio-range
  replayedBolus,
  injectedBolus,
  repeatedSmallBoluses,
  injectedSuspend,
  basalProfileTampered,
  limitsTampered,
  commandBlocked,
  readingBlocked,
  delayAndReorder,
  radioJamming,
  batteryDrain,
  glucoseBiasOnRadio,
  glucoseRampOnRadio,
  glucoseFreezeOnRadio,
  glucoseReplaceOnRadio,
  glucoseReplayOnRadio,
  glucoseFramesReplayed,
  slowGlucoseDriftOnRadio,
  // on-handset
  glucoseBiasOnHandset,
  glucoseRampOnHandset,
  glucoseFreezeOnHandset,
  glucoseReplaceOnHandset,
  glucoseReplayOnHandset,
  slowGlucoseDriftOnHandset,
  carbRatioTampered,
  controllerLimitsTampered,
  slowBasalCreep,
  malwareBolus,
  handsetClockShift,
  alarmSuppression,
  // on-gateway
  twinPoisoning,
  // network-path
  uplinkManipulation,
  // platform-account
  stolenAccountBolus,
  stolenAccountSuspend,
  // store-insider
  historyEdit,
  // supply-chain
  firmwareDeliveryFactor,
];

export const TECHNIQUES: ReadonlyMap<string, Technique> = new Map(ALL.map((technique) => [technique.id, technique]));

/** All there is to know of a technique without running it. */
export type TechniqueDescription = Omit<Technique, 'launch'>;

export function describeTechniques(): readonly TechniqueDescription[] {
  return ALL.map(({ launch: _, ...description }) => description);
}
