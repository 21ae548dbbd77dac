import type { Units, UnitsPerHour } from '#base/units';
import { encodeLimits, encodeSwitch } from '#model/device/link/payload';
import { createForger } from '../forger.ts';
import type { Technique } from '../technique.ts';

type Parameters = { readonly maxBolus: Units; readonly maxBasal: UnitsPerHour; readonly enablesRemote: boolean };

/** Harmless by itself: it clears the way for a dose that the user's own limits would have stopped. */
export const limitsTampered: Technique<'radio-range', Parameters> = {
  id: 'limits-tampered',
  title: 'forged dose limits written to the pump',
  attackIcs: ['T0836', 'T0855', 'T0880'],
  emb3d: ['TID-406', 'TID-310'],
  standsFor: [
    'CVE-2019-10964 (ICSMA-19-178-01): settings of MiniMed 508 and Paradigm changed from afar',
    'CVE-2020-27256 (ICSMA-21-012-01): therapy settings of Dana Diabecare RS behind a hard-coded PIN',
    'CVE-2023-30562 (ICSMA-23-194-01): altered drug library, the limits of an infusion pump',
  ],
  position: 'radio-range',
  preconditions: ['the pump knows its peers by the serial number only'],
  parameters: {
    maxBolus: { description: 'largest bolus', unit: '[iU]', default: 25, minimum: 0, maximum: 25 },
    maxBasal: { description: 'largest basal rate', unit: '[iU]/h', default: 35, minimum: 0, maximum: 35 },
    enablesRemote: { description: 'also enables the remote', default: false },
  },
  launch(adversary, { maxBolus, maxBasal, enablesRemote }) {
    const forger = createForger(adversary);
    const limits = encodeLimits({ maxBolus, maxBasal });
    forger.transmit({ as: 'handset', to: 'pump', operation: 'set-limits', payload: limits }, () => {
      adversary.act(`forged limits of ${maxBolus} U and ${maxBasal} U/h transmitted`);
    });
    if (!enablesRemote) return;
    const payload = encodeSwitch(true);
    forger.transmit({ as: 'handset', to: 'pump', operation: 'set-remote-enabled', payload }, () => {
      adversary.act('forged command to enable the remote transmitted');
    });
  },
};
