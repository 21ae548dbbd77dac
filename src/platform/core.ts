import { type CommandLedger, EMPTY_LEDGER } from '#assure/guard/command-ledger';
import type { GuardPolicy } from '#assure/guard/policy';
import { type IncidentState, NO_INCIDENT } from '#assure/incident/incident';
import type { Playbook } from '#assure/incident/playbook';
import type { IncidentPolicy } from '#assure/incident/policy';
import type { Monitor } from '#assure/monitor/monitor';
import type { Clock, Millis } from '#base/time';
import type { CommandSealer } from '#mirror/channel/command-sealer';
import type { Channel } from '#mirror/channel/receive';
import type { History } from '#mirror/history/history';
import type { SubjectId } from '#mirror/history/record';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { createTwin, type Twin } from '#mirror/twin/twin';
import type { ThingId } from '#model/thing/thing-id';
import type { Account } from './account.ts';

export interface PlatformDeps {
  readonly subject: SubjectId;
  readonly clock: Clock;
  readonly channel: Channel;
  readonly history: History;
  readonly monitor: Monitor;
  readonly guardPolicy: GuardPolicy;
  readonly incidentPolicy: IncidentPolicy;
  readonly playbooks: readonly Playbook[];
  /** Whether a declared incident starts its playbook; without it, it is declared and nothing else. */
  readonly containment: boolean;
  readonly accounts: readonly Account[];
  /** How commands for a thing are sealed. A thing that is not here takes no commands. */
  readonly sealers: ReadonlyMap<ThingId, CommandSealer>;
  readonly commissioned?: CommissionedModel;
}

/** What changes: everything that the next message is judged by. */
export interface PlatformState {
  twin: Twin;
  ledger: CommandLedger;
  incident: IncidentState;
  killSwitch: boolean;
  commandsRequested: number;
}

export interface PlatformCore {
  readonly deps: PlatformDeps;
  readonly state: PlatformState;
}

export function createCore(deps: PlatformDeps): PlatformCore {
  return {
    deps,
    state: {
      twin: createTwin(deps.subject, deps.commissioned),
      ledger: EMPTY_LEDGER,
      incident: NO_INCIDENT,
      killSwitch: false,
      commandsRequested: 0,
    },
  };
}

/** The instant that a call happens at. */
export const nowOf = (core: PlatformCore): Millis => core.deps.clock.now();
