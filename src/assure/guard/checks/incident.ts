import { type Check, PASSED } from '../check.ts';
import { therapyEffect } from '../therapy-effect.ts';

export interface IncidentSetting {
  readonly kind: 'incident';
}

export const incident: Check<IncidentSetting> = {
  statement:
    'nothing adds insulin while an incident is open, and no person commands while a playbook refuses remote commands',
  cost: 'remote therapy is lost for the duration of an incident',
  judge(request, context) {
    const reasons: string[] = [];
    const effect = therapyEffect(request, context.twin);
    if (effect === 'adds-insulin' && context.openIncidents.length > 0)
      reasons.push(`incident: \`${context.openIncidents.join('`, `')}\` is open, nothing may add insulin`);
    const until = context.remoteCommandsRefusedUntil;
    if (until !== undefined && context.now < until && request.origin === 'person' && effect !== 'none')
      reasons.push('incident: remote commands are refused for now');
    return reasons.length === 0 ? PASSED : reasons;
  },
};
