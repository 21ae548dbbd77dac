import { MINUTE } from '#base/time';
import type { Minutes, UnitsPerHour } from '#base/units';
import { encodeBasalProfile, HOURS_PER_DAY } from '#model/device/link/payload';
import { createForger } from '../forger.ts';
import { readHeader } from '../overheard-frame.ts';
import type { Technique } from '../technique.ts';

type Parameters = {
  readonly rate: UnitsPerHour;
  readonly blocksTemporaryBasal: boolean;
  readonly repeatMin: Minutes;
};

export const basalProfileTampered: Technique<'radio-range', Parameters> = {
  id: 'basal-profile-tampered',
  title: 'forged basal profile written to the pump',
  attackIcs: ['T0836', 'T0855', 'T0803'],
  emb3d: ['TID-406', 'TID-310'],
  standsFor: [
    'CVE-2019-10964 (ICSMA-19-178-01): settings of MiniMed 508 and Paradigm changed from afar',
    'CVE-2020-10627 (ICSMA-20-079-01): settings of Insulet Omnipod changed from afar',
    'CVE-2021-33882 (ICSMA-21-294-01): infusion pump reconfigured by an unknown source',
  ],
  position: 'radio-range',
  preconditions: [
    'the pump knows its peers by the serial number only',
    'the rate is within the limits that the pump enforces',
    'no temporary basal of a controller overrides the profile, unless its commands are blocked',
  ],
  parameters: {
    rate: { description: 'basal rate of every hour', unit: '[iU]/h', default: 5, minimum: 0, maximum: 35 },
    blocksTemporaryBasal: {
      description: 'destroys the temporary basal rates of the controller, so that the profile is in force',
      default: true,
    },
    repeatMin: { description: 'how often it is written again', unit: 'min', default: 60, minimum: 5, maximum: 1440 },
  },
  launch(adversary, { rate, blocksTemporaryBasal, repeatMin }) {
    const forger = createForger(adversary);
    const payload = encodeBasalProfile(new Array<number>(HOURS_PER_DAY).fill(rate));
    adversary.every(repeatMin * MINUTE, () => {
      forger.transmit({ as: 'handset', to: 'pump', operation: 'set-basal-profile', payload }, () => {
        adversary.act(`forged basal profile of ${rate} U/h transmitted`);
      });
    });
    if (!blocksTemporaryBasal) return;
    adversary.point.jam((bytes) => readHeader(bytes)?.operation === 'set-temporary-basal');
    adversary.onStop(() => adversary.point.jam(undefined));
  },
};
