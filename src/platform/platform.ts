import type { IncidentState } from '#assure/incident/incident';
import type { Twin } from '#mirror/twin/twin';
import { auditHistory } from './audit.ts';
import { type CommandAnswer, requestCommand } from './command.ts';
import type { CommandWish } from './command-wish.ts';
import { createCore, type PlatformDeps } from './core.ts';
import type { Effect } from './effect.ts';
import { ingest } from './ingest.ts';
import { appendRecord } from './records.ts';
import { judgeAndRespond } from './respond.ts';
import { tick } from './tick.ts';

/**
 * The platform of one subject's ward. Synchronous: every call returns the effects that its caller carries out once the
 * records it made are durable.
 */
export interface Platform {
  /** Bytes from a device. */
  ingest(bytes: Uint8Array): readonly Effect[];
  /** Once a minute: what is noticed because nothing happened. */
  tick(): readonly Effect[];
  /** Somebody who shows `token` asks for a command. */
  request(token: string, wish: CommandWish): CommandAnswer;
  /** Checks what the store holds against what was recorded. */
  audit(): readonly Effect[];
  /** Stops all commands at once, or lets them pass again. */
  setKillSwitch(thrown: boolean): void;
  twin(): Twin;
  incident(): IncidentState;
}

export function createPlatform(deps: PlatformDeps): Platform {
  const core = createCore(deps);
  return {
    ingest: (bytes) => ingest(core, bytes),
    tick: () => tick(core),
    request: (token, wish) => {
      const answer = requestCommand(core, token, wish);
      if (answer.observation === undefined) return answer;
      return { ...answer, effects: [...answer.effects, ...judgeAndRespond(core, answer.observation)] };
    },
    audit: () => auditHistory(core),
    setKillSwitch: (thrown) => {
      appendRecord(core, thrown ? 'KillSwitchThrown' : 'KillSwitchReleased', {});
      core.state.killSwitch = thrown;
    },
    twin: () => core.state.twin,
    incident: () => core.state.incident,
  };
}
