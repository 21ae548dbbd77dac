import { type Check, PASSED } from '../check.ts';

export interface KillSwitchSetting {
  readonly kind: 'kill-switch';
}

export const killSwitch: Check<KillSwitchSetting> = {
  statement: 'no command leaves once staff has thrown the kill switch',
  cost: 'containment by the platform is lost too: devices are on their own',
  judge: (_request, context) => (context.killSwitch ? ['kill switch: thrown by staff'] : PASSED),
};
