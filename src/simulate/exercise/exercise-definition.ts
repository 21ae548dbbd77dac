import type { GuardPolicy } from '#assure/guard/policy';
import type { Playbook } from '#assure/incident/playbook';
import type { IncidentPolicy } from '#assure/incident/policy';
import type { Fraction } from '#base/units';
import type { SeverityCriterion } from '#model/hazard/severity';
import type { ThingModel } from '#model/thing/thing-model';
import type { DefenceSet, Scenario, Ward } from './scenario.ts';

/** All that an exercise is made of, resolved and checked; plain data, so that every worker has the same. */
export interface ExerciseDefinition {
  readonly version: string;
  readonly seed: number;
  readonly suite: string;
  readonly title: string;
  /** The command that repeats it. */
  readonly command: string;
  /** With their own overrides applied: `ward` of each names an entry of `wards`. */
  readonly scenarios: readonly Scenario[];
  readonly wards: Readonly<Record<string, Ward>>;
  readonly defenceSets: readonly DefenceSet[];
  readonly patients: readonly string[];
  /** Runs after which the criteria are looked at, cumulative and rising. */
  readonly looks: readonly number[];
  readonly confidence: Fraction;
  /** How the looks share the permitted error; equally if not stated. */
  readonly errorShares?: readonly Fraction[];
  readonly severityCriteria: readonly SeverityCriterion[];
  readonly incidentPolicy: IncidentPolicy;
  readonly playbooks: readonly Playbook[];
  readonly thingModels: ReadonlyMap<string, ThingModel>;
  readonly guardPolicies: Readonly<Record<'standard' | 'open', GuardPolicy>>;
}

/** The defence set with nothing on: baseline of every cost, and the setter of the harm clock. */
export const UNDEFENDED: DefenceSet = {
  id: 'none',
  title: 'No defences',
  description: 'Legacy radio, no monitor, every authorised command permitted.',
  device: {
    linkAuthentication: false,
    antiReplay: false,
    hourlyInsulinLimit: false,
    confirmRemoteBolus: false,
    firmwareSignature: false,
    lowGlucoseSuspend: false,
    deviceSignedTelemetry: false,
  },
  platform: { monitor: [], guard: 'open', containment: false },
};
