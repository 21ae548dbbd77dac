import { numberInput } from '#assure/guard/input';
import type { CommandRequest } from '#assure/guard/request';
import type { RiskOf } from '#assure/guard/risk';
import { hazardRisks } from '#mirror/twin/hazard-risk';
import type { Change } from '#mirror/twin/hypothesis';
import { RISK_HORIZON_MIN } from '#mirror/twin/risk-scores';
import { INSULIN_PUMP } from '#mirror/twin/twin';

/** Carries a command out on a fork of the twin before it is carried out on a person. */
export const riskOf: RiskOf = (command, twin, now) => {
  const change = changeOf(command);
  const ifDone = change && hazardRisks(twin, [change], now);
  const ifRefused = hazardRisks(twin, [], now);
  return ifDone && ifRefused && { horizonMin: RISK_HORIZON_MIN, ifDone, ifRefused };
};

/** What the command does to the body, or undefined where that is not followed: another pump than the one that is, for example. */
function changeOf(command: CommandRequest): Change | undefined {
  if (command.thing !== INSULIN_PUMP) return undefined;
  switch (command.action) {
    case 'bolus':
      return { kind: 'bolus', units: numberInput(command, 'units') };
    case 'setTemporaryBasal':
      return {
        kind: 'temporary-basal',
        rate: numberInput(command, 'rate'),
        durationMin: numberInput(command, 'durationMin'),
      };
    case 'suspend':
      return { kind: 'suspend', durationMin: RISK_HORIZON_MIN };
    case 'resume':
    case 'fallBackToSafeBasal':
    case 'revokeLink':
      return { kind: 'profile-basal' };
    default:
      return undefined;
  }
}
