import type { DoseEnvelopeSetting } from './checks/dose-envelope.ts';
import type { FreshnessSetting } from './checks/freshness.ts';
import type { IncidentSetting } from './checks/incident.ts';
import type { PlausibilitySetting } from './checks/plausibility.ts';
import type { ProfileEnvelopeSetting } from './checks/profile-envelope.ts';
import type { RateSetting } from './checks/rate.ts';
import type { RehearsalSetting } from './checks/rehearsal.ts';
import type { WithholdingSetting } from './checks/withholding.ts';

/** The guard's policy as the catalog holds it: `catalog/policies/guard-*.yaml`. */
export interface GuardPolicy {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** By action. An action that is not listed is refused. */
  readonly actions: Readonly<Record<string, ActionPolicy>>;
}

export interface ActionPolicy {
  /** All must pass. Where there are none, the action is refused unless `permitAuthorised` says so. */
  readonly checks: readonly CheckSetting[];
  /** Permits what was authorized without any check: for the undefended variant of an exercise. */
  readonly permitAuthorised?: boolean;
}

export type CheckSetting =
  | DoseEnvelopeSetting
  | ProfileEnvelopeSetting
  | RateSetting
  | FreshnessSetting
  | PlausibilitySetting
  | RehearsalSetting
  | IncidentSetting
  | WithholdingSetting;
