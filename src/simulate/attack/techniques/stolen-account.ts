import { MINUTE } from '#base/time';
import type { Minutes, Units } from '#base/units';
import type { ThingValue } from '#model/thing/message';
import type { Adversary, Technique } from '../technique.ts';

type Parameters = { readonly units: Units; readonly repeats: number; readonly intervalMin: Minutes };

const SOURCES = [
  'CVE-2023-30563 (ICSMA-23-194-01): session of an infusion system taken over',
  'CVE-2021-33846 (ICSMA-21-355-01): forged session token of an infusion pump server',
] as const;

export const stolenAccountBolus: Technique<'platform-account', Parameters> = {
  id: 'stolen-account-bolus',
  title: 'remote bolus from a stolen account',
  attackIcs: ['T0859', 'T0855', 'T0831'],
  emb3d: [],
  standsFor: SOURCES,
  position: 'platform-account',
  preconditions: ['the account may command a bolus', 'neither the platform nor the pump judges the dose'],
  parameters: {
    units: { description: 'size of each bolus', unit: '[iU]', default: 10, minimum: 0.05, maximum: 25 },
    repeats: { description: 'number of boluses', default: 2, minimum: 1, maximum: 50 },
    intervalMin: { description: 'time between them', unit: 'min', default: 20, minimum: 1, maximum: 720 },
  },
  launch(adversary, { units, repeats, intervalMin }) {
    for (let turn = 0; turn < repeats; turn += 1) {
      adversary.after(turn * intervalMin * MINUTE, () => request(adversary, 'bolus', { units }));
    }
  },
};

export const stolenAccountSuspend: Technique<'platform-account', { readonly repeatMin: Minutes }> = {
  id: 'stolen-account-suspend',
  title: 'remote suspension from a stolen account',
  attackIcs: ['T0859', 'T0855', 'T0813'],
  emb3d: [],
  standsFor: SOURCES,
  position: 'platform-account',
  preconditions: ['the account may suspend delivery'],
  parameters: {
    repeatMin: { description: 'how often it suspends again', unit: 'min', default: 15, minimum: 1, maximum: 720 },
  },
  launch(adversary, { repeatMin }) {
    adversary.every(repeatMin * MINUTE, () => request(adversary, 'suspend', {}));
  },
};

function request(
  adversary: Adversary<'platform-account'>,
  action: string,
  input: Readonly<Record<string, ThingValue>>,
): void {
  const size = input['units'] !== undefined ? ` of ${input['units']} U` : '';
  adversary.act(`${action}${size} requested from a stolen account`);
  adversary.point.requestCommand({ thing: 'pump', action, input });
}
