import type { Technique } from '../technique.ts';

/** Harmless by itself: it takes away the person who would have answered. */
export const alarmSuppression: Technique<'on-handset', Record<never, never>> = {
  id: 'alarm-suppression',
  title: 'alarms of the handset silenced',
  attackIcs: ['T0878', 'T0838'],
  emb3d: ['TID-222', 'TID-302'],
  standsFor: [
    'CVE-2019-10966 (ICSMA-19-190-01): alarms of anaesthesia machines silenced over the network',
    'CVE-2020-6964 and others (ICSMA-20-023-01, MDhex): alarms of patient monitors silenced',
  ],
  position: 'on-handset',
  preconditions: ["other software of the handset can reach the controller's alarms"],
  parameters: {},
  launch(adversary) {
    adversary.act('alarms silenced');
    adversary.point.silenceAlarms(true);
    adversary.onStop(() => adversary.point.silenceAlarms(false));
  },
};
