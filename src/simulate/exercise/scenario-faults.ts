import type { StepStart } from '#simulate/attack/campaign-step';
import type { Technique } from '#simulate/attack/technique';
import { parameterFaults } from '#simulate/attack/technique-parameters';
import type { Scenario, Suite, Ward } from './scenario.ts';

/** What is wrong in a file that its schema accepts. `pointer` is a JSON Pointer (RFC 6901) into the file. */
export interface SemanticFault {
  readonly pointer: string;
  readonly message: string;
}

/** What a scenario or suite may refer to. */
export interface Known {
  readonly techniques: ReadonlyMap<string, Technique>;
  readonly wards: ReadonlyMap<string, Ward>;
  readonly defenceSets: ReadonlySet<string>;
  readonly scenarios: ReadonlySet<string>;
  readonly isPatient: (id: string) => boolean;
}

/** All that is wrong with a scenario beyond its schema: names that nothing bears, values out of bounds, steps that never begin. */
export function scenarioFaults(scenario: Scenario, known: Known): readonly SemanticFault[] {
  const faults: SemanticFault[] = [];
  const ward = known.wards.get(scenario.ward);
  if (ward === undefined) faults.push(unknown('/ward', 'ward', scenario.ward, known.wards.keys()));
  for (const id of Object.keys(scenario.criteria)) {
    if (!known.defenceSets.has(id)) {
      faults.push(unknown(`/criteria/${pointerStep(id)}`, 'defence set', id, known.defenceSets));
    }
  }
  faults.push(...patientFaults(scenario.patients ?? [], known));
  const startMinute = scenario.wardOverrides?.startMinute ?? ward?.startMinute ?? 0;
  const run = { from: startMinute, to: startMinute + scenario.horizonMin };
  return [...faults, ...campaignFaults(scenario, known, run)];
}

export function suiteFaults(suite: Suite, known: Known): readonly SemanticFault[] {
  const faults: SemanticFault[] = [];
  if (suite.scenarios !== 'all') {
    for (const [index, id] of suite.scenarios.entries()) {
      if (!known.scenarios.has(id)) faults.push(unknown(`/scenarios/${index}`, 'scenario', id, known.scenarios));
    }
  }
  for (const [index, id] of suite.defenceSets.entries()) {
    if (!known.defenceSets.has(id)) faults.push(unknown(`/defenceSets/${index}`, 'defence set', id, known.defenceSets));
  }
  for (const [index, look] of suite.looks.entries()) {
    const before = suite.looks[index - 1] ?? 0;
    if (look <= before) {
      faults.push({
        pointer: `/looks/${index}`,
        message: `\`${look}\` has to be more than the \`${before}\` before it`,
      });
    }
  }
  if (suite.errorShares !== undefined) faults.push(...errorShareFaults(suite.errorShares, suite.looks.length));
  return [...faults, ...patientFaults(suite.patients, known)];
}

function errorShareFaults(shares: readonly number[], looks: number): readonly SemanticFault[] {
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.length !== looks) {
    return [
      {
        pointer: '/errorShares',
        message: `\`${shares.length}\` shares for \`${looks}\` looks; it has to be one for each`,
      },
    ];
  }
  // The last bits of decimal fractions are forgiven.
  if (sum <= 1 + 1e-9) return [];
  return [{ pointer: '/errorShares', message: `the shares add up to \`${sum}\`; together they can spend 1` }];
}

interface Run {
  readonly from: number;
  readonly to: number;
}

function campaignFaults({ campaign }: Scenario, known: Known, run: Run): readonly SemanticFault[] {
  const ids = campaign.steps.map(({ id }) => id);
  return campaign.steps.flatMap((step, index) => {
    const at = `/campaign/steps/${index}`;
    const faults: SemanticFault[] = [];
    if (ids.indexOf(step.id) !== index) {
      faults.push({ pointer: `${at}/id`, message: `step \`${step.id}\` is there already; give each an id of its own` });
    }
    const technique = known.techniques.get(step.technique);
    if (technique === undefined) {
      faults.push(unknown(`${at}/technique`, 'technique', step.technique, known.techniques.keys()));
    } else {
      if (!campaign.positions.includes(technique.position)) {
        const message = `technique \`${technique.id}\` needs the position \`${technique.position}\`, which \`positions\` does not list`;
        faults.push({ pointer: `${at}/technique`, message });
      }
      for (const { name, message } of parameterFaults(technique, step.parameters ?? {})) {
        faults.push({ pointer: `${at}/parameters/${pointerStep(name)}`, message });
      }
    }
    const startFault = faultOfStart(step.start, ids.slice(0, index), run, campaign.positions.includes('radio-range'));
    return startFault === undefined
      ? faults
      : [...faults, { pointer: `${at}/start${startFault.pointer}`, message: startFault.message }];
  });
}

/** A step waits only for one above it, so that no two wait for each other. */
function faultOfStart(
  start: StepStart,
  above: readonly string[],
  run: Run,
  hearsRadio: boolean,
): SemanticFault | undefined {
  switch (start.kind) {
    case 'at':
      if (start.minute >= run.from && start.minute < run.to) return undefined;
      return {
        pointer: '/minute',
        message: `\`${start.minute}\` is outside the run, which lasts from minute ${run.from} to ${run.to}`,
      };
    case 'after':
      return above.includes(start.step) ? undefined : unknown('/step', 'step above this one', start.step, above);
    case 'heard-bolus':
    case 'heard-glucose-below':
    case 'heard-glucose-above':
      if (hearsRadio) return undefined;
      return {
        pointer: '/kind',
        message: `\`${start.kind}\` needs the position \`radio-range\`, which \`positions\` does not list`,
      };
  }
}

function patientFaults(patients: readonly string[], known: Known): readonly SemanticFault[] {
  return patients.flatMap((id, index) => {
    const message = `patient \`${id}\` is unknown; \`adult#003\` is one that is known`;
    return known.isPatient(id) ? [] : [{ pointer: `/patients/${index}`, message }];
  });
}

/** Names listed in a message at most. */
const LISTED = 40;

function unknown(pointer: string, what: string, given: string, names: Iterable<string>): SemanticFault {
  const listed = [...names];
  const allowed = listed
    .slice(0, LISTED)
    .map((name) => `\`${name}\``)
    .join(', ');
  const rest = listed.length > LISTED ? ' and others' : '';
  return {
    pointer,
    message: `\`${given}\` is no ${what}; ${listed.length === 0 ? 'there is none' : `known are ${allowed}${rest}`}`,
  };
}

const pointerStep = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');
