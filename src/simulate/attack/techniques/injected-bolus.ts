import { MINUTE } from '#base/time';
import type { Minutes, Units } from '#base/units';
import { encodeBolus } from '#model/device/link/payload';
import { createForger } from '../forger.ts';
import type { Adversary, Technique } from '../technique.ts';

type Parameters = {
  readonly units: Units;
  readonly sender: string;
  readonly repeats: number;
  readonly intervalMin: Minutes;
};

export const injectedBolus: Technique<'radio-range', Parameters> = {
  id: 'injected-bolus',
  title: 'forged bolus command',
  attackIcs: ['T0855', 'T0848', 'T0860'],
  emb3d: ['TID-406', 'TID-310'],
  standsFor: [
    'CVE-2019-10964 (ICSMA-19-178-01): MiniMed 508 and Paradigm take commands from anybody in reach',
    'CVE-2020-10627 (ICSMA-20-079-01): Insulet Omnipod',
    'CVE-2016-5084, CVE-2016-5085 (Rapid7 R7-2016-07): Animas OneTouch Ping',
    'Li, Raghunathan and Jha 2011, doi 10.1109/HEALTH.2011.6026732',
  ],
  position: 'radio-range',
  preconditions: [
    'the pump knows its peers by the serial number only',
    'the bolus is within the limits that the pump enforces',
    'in the name of a remote: its owner enabled it on the pump',
  ],
  parameters: {
    units: { description: 'size of each bolus', unit: '[iU]', default: 10, minimum: 0.05, maximum: 25 },
    sender: { description: 'in whose name', default: 'handset', oneOf: ['handset', 'remote'] },
    repeats: { description: 'number of boluses', default: 1, minimum: 1, maximum: 50 },
    intervalMin: { description: 'time between them', unit: 'min', default: 30, minimum: 1, maximum: 720 },
  },
  launch: launchBoluses,
};

/**
 * Against those who watch single doses: many small ones, each as large as a correction that people give themselves. What
 * remains visible is their sum.
 */
export const repeatedSmallBoluses: Technique<'radio-range', Parameters> = {
  ...injectedBolus,
  id: 'repeated-small-boluses',
  title: 'many small forged boluses, each below the limits for a single dose',
  parameters: {
    units: { description: 'size of each bolus', unit: '[iU]', default: 1, minimum: 0.05, maximum: 5 },
    sender: { description: 'in whose name', default: 'handset', oneOf: ['handset', 'remote'] },
    repeats: { description: 'number of boluses', default: 16, minimum: 1, maximum: 200 },
    intervalMin: { description: 'time between them', unit: 'min', default: 20, minimum: 1, maximum: 720 },
  },
};

function launchBoluses(adversary: Adversary<'radio-range'>, parameters: Parameters): void {
  const { units, repeats, intervalMin } = parameters;
  const forger = createForger(adversary);
  const as = parameters.sender === 'remote' ? 'remote' : 'handset';
  for (let turn = 0; turn < repeats; turn += 1) {
    adversary.after(turn * intervalMin * MINUTE, () => {
      forger.transmit({ as, to: 'pump', operation: 'bolus', payload: encodeBolus(units) }, () => {
        adversary.act(`forged bolus command of ${units} U transmitted`);
      });
    });
  }
}
