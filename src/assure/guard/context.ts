import type { Millis } from '#base/time';
import type { Twin } from '#mirror/twin/twin';
import type { CommandLedger } from './command-ledger.ts';
import type { Rehearse } from './rehearse.ts';

/** All that a decision rests on besides the request and the policy. */
export interface GuardContext {
  readonly now: Millis;
  readonly twin: Twin;
  readonly ledger: CommandLedger;
  /** Incidents declared and not yet recovered. */
  readonly openIncidents: readonly string[];
  /** Set by a playbook; absent when remote commands are not refused. */
  readonly remoteCommandsRefusedUntil?: Millis;
  /** Thrown by staff: no command leaves. */
  readonly killSwitch: boolean;
  readonly rehearse: Rehearse;
}
