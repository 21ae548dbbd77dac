import type { Fraction } from '#base/units';
import { buildFirmware } from '#model/device/firmware';
import type { Technique } from '../technique.ts';

type Parameters = { readonly factor: Fraction; readonly silencesAlarms: boolean };

/** The pump counts and reports what it was told to deliver: only the body knows the difference. */
export const firmwareDeliveryFactor: Technique<'supply-chain', Parameters> = {
  id: 'firmware-delivery-factor',
  title: 'pump firmware that delivers a factor of what it reports',
  attackIcs: ['T0857', 'T0862', 'T0832'],
  emb3d: ['TID-211', 'TID-213'],
  standsFor: [
    'CVE-2021-33885, CVE-2021-33882 (ICSMA-21-294-01): calibration rewritten, twice the flow under an unchanged display',
    'CVE-2019-10959 (ICSMA-19-164-01): firmware of an infusion gateway replaced',
    'CVE-2023-30559 (ICSMA-23-194-01): unsigned firmware of an infusion pump',
  ],
  position: 'supply-chain',
  preconditions: ['the pump installs an image that its maker did not sign'],
  parameters: {
    factor: { description: 'units delivered per unit reported', default: 2, minimum: 0, maximum: 10 },
    silencesAlarms: { description: 'the image also raises no alarms', default: true },
  },
  launch(adversary, { factor, silencesAlarms }) {
    const genuine = adversary.point.currentFirmware();
    // The checksum is computed anew, as anybody can; the maker's signature is left as it was and no longer fits.
    const altered = buildFirmware({
      version: genuine.version,
      deliveryFactor: genuine.deliveryFactor * factor,
      alarmsEnabled: genuine.alarmsEnabled && !silencesAlarms,
    });
    adversary.act(`firmware offered that delivers ${factor} times what it reports`);
    const { signature } = genuine;
    adversary.point.offerFirmware(signature === undefined ? altered : { ...altered, signature });
  },
};
