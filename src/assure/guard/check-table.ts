import type { Check } from './check.ts';
import { doseEnvelope } from './checks/dose-envelope.ts';
import { freshness } from './checks/freshness.ts';
import { incident } from './checks/incident.ts';
import { plausibility } from './checks/plausibility.ts';
import { profileEnvelope } from './checks/profile-envelope.ts';
import { rate } from './checks/rate.ts';
import { rehearsal } from './checks/rehearsal.ts';
import { withholding } from './checks/withholding.ts';
import type { CheckSetting } from './policy.ts';

/** Every check of the guard, by the `kind` of its setting. */
export const CHECKS: { readonly [Kind in CheckSetting['kind']]: Check<Extract<CheckSetting, { kind: Kind }>> } = {
  'dose-envelope': doseEnvelope,
  'profile-envelope': profileEnvelope,
  rate,
  freshness,
  plausibility,
  rehearsal,
  incident,
  withholding,
};
