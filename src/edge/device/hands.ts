import type { Peer } from '#model/device/link/peer';
import { MOST_STEPS, REMOTE_BOLUS_STEP } from '#model/device/remote';
import type { Hands } from '#simulate/world/inhabitant';
import type { FromPatient } from './side-channel-message.ts';

/** What the person does with devices that run in processes of their own. `displayed` is what the pump's display shows. */
export function createHands(send: (to: Peer, message: FromPatient) => void, displayed: () => string): Hands {
  return {
    handset: { announceMeal: (carbohydrates) => send('handset', { kind: 'announce', carbohydrates }) },
    pump: {
      confirm: (requestId) => send('pump', { kind: 'confirm', requestId }),
      decline: (requestId) => send('pump', { kind: 'decline', requestId }),
      changeInfusionSet: () => send('pump', { kind: 'infusion-set' }),
      replaceReservoir: (units) => send('pump', { kind: 'reservoir', units }),
      replaceBattery: () => send('pump', { kind: 'battery' }),
      bolusAtDevice: (units) => send('pump', { kind: 'bolus', units }),
      resumeAtDevice: () => send('pump', { kind: 'resume' }),
      report: () => [{ name: 'deliveryState', value: displayed(), at: 0 }],
    },
    remote: {
      press: (steps) => {
        const pressed = Math.min(Math.max(Math.floor(steps), 0), MOST_STEPS);
        send('remote', { kind: 'press', steps: pressed });
        return REMOTE_BOLUS_STEP * pressed;
      },
    },
  };
}
