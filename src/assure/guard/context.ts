import type { Millis } from '#base/time';
import type { Twin } from '#mirror/twin/twin';
import type { ActionAffordance } from '#model/thing/thing-model';
import type { CommandLedger } from './command-ledger.ts';
import type { RiskOf } from './risk.ts';

/** All that a decision rests on besides the request and the policy. */
export interface GuardContext {
  readonly now: Millis;
  readonly twin: Twin;
  readonly ledger: CommandLedger;
  /** What the Thing Model of the device says of the action that is asked for. */
  readonly affordance: ActionAffordance;
  /** Incidents declared and not yet recovered. */
  readonly openIncidents: readonly string[];
  /** Set by a playbook; absent when remote commands are not refused. */
  readonly remoteCommandsRefusedUntil?: Millis;
  readonly riskOf: RiskOf;
}
