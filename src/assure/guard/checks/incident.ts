import { type Explanation, explanation } from '#base/explanation';
import type { Check } from '../check.ts';
import { effectOf } from '../effect.ts';

export interface IncidentSetting {
  readonly kind: 'incident';
}

export const incident: Check<IncidentSetting> = {
  statement:
    'nothing adds insulin while an incident is open, and no person commands while a playbook refuses remote commands',
  cost: 'remote therapy is lost for the duration of an incident',
  judge(request, context) {
    const reasons: Explanation[] = [];
    const effect = effectOf(request, context);
    const { openIncidents, remoteCommandsRefusedUntil: until } = context;
    if (effect === 'adds' && openIncidents.length > 0) {
      const values = { open: openIncidents.join(', ') };
      reasons.push(explanation('incident: {open} is open, nothing may add insulin', { values }));
    }
    if (until !== undefined && context.now < until && request.origin === 'person' && effect !== 'none')
      reasons.push(explanation('incident: remote commands are refused for now'));
    return reasons;
  },
};
