import type { MgPerDl } from '#base/units';
import { createHealthyPatient } from '../healthy-patient.ts';
import type { Technique } from '../technique.ts';

type Parameters = { readonly target: MgPerDl; readonly noise: MgPerDl; readonly dropsUnreadable: boolean };

/** Does nothing to the patient: it blinds those who would notice what another technique does. */
export const twinPoisoning: Technique<'on-gateway', Parameters> = {
  id: 'twin-poisoning',
  title: 'platform shown a healthy patient by the gateway',
  attackIcs: ['T0832', 'T0856', 'T0830'],
  emb3d: ['TID-301', 'TID-406'],
  standsFor: [
    'CVE-2019-10959 (ICSMA-19-164-01): gateway of infusion pumps taken over, status falsified',
    'CVE-2021-33017, CVE-2021-32993 (ICSMA-21-322-01): IntelliBridge gateways taken over',
    'replay as in Stuxnet (Langner 2013, To Kill a Centrifuge): normal values shown during the attack',
  ],
  position: 'on-gateway',
  preconditions: ['the gateway may speak for the devices behind it'],
  parameters: {
    target: { description: 'glucose of the healthy patient', unit: 'mg/dL', default: 125, minimum: 80, maximum: 200 },
    noise: {
      description: 'noise of its sensor, a standard deviation',
      unit: 'mg/dL',
      default: 3,
      minimum: 0,
      maximum: 20,
    },
    dropsUnreadable: {
      description: 'keeps back what it cannot read, reports that devices sealed themselves',
      default: false,
    },
  },
  launch(adversary, { target, noise, dropsUnreadable }) {
    const patient = createHealthyPatient({ target, noise }, adversary.random);
    adversary.point.tamperReport((genuine) => {
      const told = patient.tell(genuine);
      adversary.act(`report of ${genuine.thing} replaced`);
      return told;
    });
    adversary.onStop(() => adversary.point.tamperReport(undefined));
    if (!dropsUnreadable) return;
    adversary.act('relayed messages kept back');
    adversary.point.dropRelayed(true);
    adversary.onStop(() => adversary.point.dropRelayed(false));
  },
};
