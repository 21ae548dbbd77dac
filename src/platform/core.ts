import type { ApprovalPolicy } from '#assure/guard/approval';
import { type CommandLedger, EMPTY_LEDGER } from '#assure/guard/command-ledger';
import type { GuardPolicy } from '#assure/guard/policy';
import { type IncidentState, NO_INCIDENT } from '#assure/incident/incident';
import type { Playbook } from '#assure/incident/playbook';
import type { IncidentPolicy } from '#assure/incident/policy';
import type { Monitor } from '#assure/monitor/monitor';
import type { Clock, Millis } from '#base/time';
import type { CommandSealer } from '#mirror/channel/command-sealer';
import type { HistoryRecord, SubjectId } from '#mirror/history/record';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { createTwin, type Twin } from '#mirror/twin/twin';
import type { ThingId } from '#model/thing/thing-id';
import type { ThingModel } from '#model/thing/thing-model';
import type { CommandLife } from './command-life.ts';

/** Where records go: first, before any state that rests on them changes. */
export interface RecordSink {
  append(record: HistoryRecord): void;
}

export interface CoreDeps {
  readonly subject: SubjectId;
  /** INVARIANT: stands still during a call, so that a call's records and state tell one time. */
  readonly clock: Clock;
  readonly history: RecordSink;
  readonly monitor: Monitor;
  readonly guardPolicy: GuardPolicy;
  readonly incidentPolicy: IncidentPolicy;
  readonly playbooks: readonly Playbook[];
  /** Whether a declared incident starts its playbook; without it, it is declared and nothing else. */
  readonly containment: boolean;
  /** How commands for a thing, by its role, are sealed. A thing that is not here takes no commands. */
  readonly sealers: ReadonlyMap<ThingId, CommandSealer>;
  /** Which commands need a second person; none where it is absent. */
  readonly approvals?: ApprovalPolicy;
  /** Whether staff stopped all commands, of whomever; beside the switch of this subject. */
  readonly isStopped?: () => boolean;
  /** What the thing that has a role is, as its Thing Model says. */
  readonly modelOf: (role: ThingId) => ThingModel | undefined;
  /** The name of the subject's command of that number, asked for at that instant: nobody else can tell it. */
  readonly commandIdOf: (ordinal: number, at: Millis) => string;
  /** The thing that has a role in this ward; by default things are named by their roles. */
  readonly thingOf?: (role: ThingId) => ThingId;
  readonly commissioned?: CommissionedModel;
  /** What is known already, as on a fork; by default a twin that knows nothing yet. */
  readonly twin?: Twin;
}

/** What changes: everything that the next message is judged by. */
export interface CoreState {
  twin: Twin;
  ledger: CommandLedger;
  incident: IncidentState;
  killSwitch: boolean;
  commandsRequested: number;
  /** The last ones, oldest first, and what became of each. */
  commands: readonly CommandLife[];
}

export interface PlatformCore {
  readonly deps: CoreDeps;
  readonly state: CoreState;
}

export function createCore(deps: CoreDeps): PlatformCore {
  return {
    deps,
    state: {
      twin: deps.twin ?? createTwin(deps.subject, deps.commissioned),
      ledger: EMPTY_LEDGER,
      incident: NO_INCIDENT,
      killSwitch: false,
      commandsRequested: 0,
      commands: [],
    },
  };
}

/** The instant that a call happens at. */
export const nowOf = (core: PlatformCore): Millis => core.deps.clock.now();
